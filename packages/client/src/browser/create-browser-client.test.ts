import { describe, expect, test } from "vitest";
import { leastKept } from "../dav/content/kept-upload.ts";
import type { SendOptions } from "../send/send.ts";
import { testTime } from "../testing/scripted-server.ts";
import { UploadServer } from "../testing/upload-server.ts";
import { createClient } from "./create-browser-client.ts";

/** What reached the network, with an answer to all of it. */
function network(): {
  readonly seen: SendOptions[];
  send(url: URL, options?: SendOptions): Promise<Response>;
} {
  const seen: SendOptions[] = [];
  return {
    seen,
    async send(_url, options = {}) {
      seen.push(options);
      return new Response(null, { status: 404 });
    },
  };
}

describe("a client in a browser", () => {
  test.each([
    ["a token", "https://files.example/", { token: "t" }, "Bearer t"],
    ["name and password", "https://files.example/", { username: "ann", password: "p" }, "Basic YW5uOnA="],
    ["user information in the base", "https://ann:p@files.example/", {}, "Basic YW5uOnA="],
    ["nothing", "https://files.example/", {}, null],
  ])("that is given %s names nobody else", async (_name, base, options, field) => {
    const { send, seen } = network();
    const client = createClient(base, { ...options, send });
    expect(await client.exists("a")).toBe(false);
    expect(new Headers(seen.at(-1)?.headers).get("authorization")).toBe(field);
    await client.close();
  });

  test("outside of a page a base must be whole", () => {
    expect(() => createClient("/dav/")).toThrow(TypeError);
  });

  test("makes the digest of an upload itself, of a Blob that is sent in parts", async () => {
    const server = new UploadServer({ APPEND: [3_000_000] });
    const client = createClient("https://files.example/dav/", {
      send: server.send,
      surroundings: testTime(),
    });
    const bytes = Uint8Array.from({ length: leastKept + 9 }, (_, at) => (at * 31) & 0xff);
    await client.put("a", new Blob([bytes])).outcome;
    expect(server.log.filter((line) => line.startsWith("APPEND"))).toEqual([
      `APPEND 0+${bytes.length}`,
      `APPEND 3000000+${bytes.length - 3_000_000}`,
    ]);
    expect(Buffer.compare(server.content ?? Buffer.alloc(0), bytes)).toBe(0);
  });
});
