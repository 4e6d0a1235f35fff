import { expect, test } from "vitest";
import { startsWith } from "./starts-with.ts";

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  for (const piece of text.split("|")) yield new TextEncoder().encode(piece);
}

test.each<[string, string, boolean, number]>([
  ["abc|def", "ab|cd", true, 4],
  ["a||b|c", "abc", true, 3],
  ["abc", "a|b||c", true, 3],
  ["abc", "", true, 0],
  ["abc", "abcd", false, 3],
  ["", "a", false, 0],
  ["abc|def", "abc|dxf", false, 3],
  ["abc", "xbc", false, 0],
])("%j begins with %j: %s, %i equal so far", async (content, part, expected, equal) => {
  let counted = 0;
  const starts = await startsWith(pieces(content), pieces(part), (bytes) => {
    counted += bytes;
  });
  expect([starts, counted]).toEqual([expected, equal]);
});

test("content that is not needed any more is closed, and so is what it is compared with", async () => {
  const closed: string[] = [];
  async function* endless(name: string, byte: number): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Uint8Array.of(1, byte);
    } finally {
      closed.push(name);
    }
  }
  expect(await startsWith(endless("content", 2), endless("part", 3), () => undefined)).toBe(false);
  expect(closed.toSorted()).toEqual(["content", "part"]);
});
