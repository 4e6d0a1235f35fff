import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { scriptHash } from "../../browser/create-browser-client.ts";
import { nodeHash } from "../../node-crypto.ts";
import { pseudoRandom } from "../../testing/cutting-hop.ts";
import { ContentHash } from "./content-hash.ts";
import type { PositionedContent } from "./positioned-content.ts";

/** Content in pieces of so many bytes at most; tells how much of it was read. */
function contentOf(whole: Uint8Array, piece: number): PositionedContent & { read: number } {
  return {
    length: whole.length,
    read: 0,
    async *open(start) {
      for (let at = start; at < whole.length; at += piece) {
        const bytes = whole.subarray(at, at + piece);
        this.read += bytes.length;
        yield bytes;
      }
    },
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const own = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function drain(pieces: AsyncIterable<Uint8Array>, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const all: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    all.push(piece);
    bytes += piece.length;
    if (bytes >= most) break;
  }
  return Buffer.concat(all);
}

describe.each([
  ["of Node", nodeHash],
  ["in script", scriptHash],
] as const)("the hash %s", (_name, newHash) => {
  test("of nothing is that of no bytes", async () => {
    const hash = new ContentHash(contentOf(new Uint8Array(), 1), newHash);
    expect(hex(await hash.digest(0))).toBe(own(new Uint8Array()));
    expect(await drain(hash.open(0))).toHaveLength(0);
    expect(hex(await hash.digest(0))).toBe(own(new Uint8Array()));
  });

  test("of random content is that of any of its beginnings, in whatever order it is read", async () => {
    const seed = Math.ceil(Math.random() * 2 ** 31);
    const random = pseudoRandom(seed);
    const upTo = (most: number): number => Math.floor(random() * (most + 1));
    for (let run = 0; run < 20; run += 1) {
      const whole = Uint8Array.from({ length: upTo(3000) }, () => upTo(255));
      const content = contentOf(whole, 1 + upTo(700));
      const hash = new ContentHash(content, newHash);
      for (let step = 0; step < 8; step += 1) {
        const at = upTo(whole.length);
        const why = `seed ${seed}, run ${run}, ${at} of ${whole.length} bytes`;
        if (random() < 0.5) expect(hex(await hash.digest(at)), why).toBe(own(whole.subarray(0, at)));
        else {
          const most = upTo(whole.length);
          const given = await drain(hash.open(at), most);
          expect(given.equals(whole.subarray(at, at + given.length)), why).toBe(true);
        }
      }
      expect(hex(await hash.digest(whole.length)), `seed ${seed}`).toBe(own(whole));
    }
  });
});

const mebibyte = 1024 * 1024;

test("what was read once is read again from the last mark on only", async () => {
  const whole = new Uint8Array(40 * mebibyte).fill(7);
  const content = contentOf(whole, mebibyte);
  const hash = new ContentHash(content, nodeHash);
  await drain(hash.open(0), 35 * mebibyte);
  content.read = 0;
  expect(hex(await hash.digest(33 * mebibyte))).toBe(own(whole.subarray(0, 33 * mebibyte)));
  expect(content.read).toBe(mebibyte);
  content.read = 0;
  expect(hex(await hash.digest(17 * mebibyte))).toBe(own(whole.subarray(0, 17 * mebibyte)));
  expect(content.read).toBe(mebibyte);
});

test("once all was read, the digest of the whole needs no byte", async () => {
  const content = contentOf(new Uint8Array(5000), 999);
  const hash = new ContentHash(content, nodeHash);
  await drain(hash.open(0));
  content.read = 0;
  expect(hex(await hash.digest(5000))).toBe(own(new Uint8Array(5000)));
  expect(content.read).toBe(0);
});

test("content that ends before it should has no digest", async () => {
  const whole = new Uint8Array(100);
  const hash = new ContentHash({ length: 200, open: (start) => contentOf(whole, 30).open(start) }, nodeHash);
  await expect(hash.digest(150)).rejects.toThrow("the content ends at byte 100, before 150");
  expect(hex(await hash.digest(100))).toBe(own(whole));
});
