import { describe, expect, test } from "vitest";
import type { RequestContent } from "../send/send.ts";
import { wholeContent } from "./whole-content.ts";

const { signal } = new AbortController();

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

const textOf = (whole: Blob | Uint8Array<ArrayBuffer>): Promise<string> => new Response(whole).text();

describe("content becomes what fetch can send", () => {
  test.each<[string, () => RequestContent]>([
    ["text", () => "in words"],
    ["bytes", () => new TextEncoder().encode("in words")],
    ["a Blob", () => new Blob(["in words"], { type: "text/plain" })],
    ["a stream", () => new Blob(["in words"]).stream() as ReadableStream<Uint8Array>],
    ["repeatable", () => ({ length: 8, open: () => pieces("in ", "words") })],
    ["of unknown length", () => ({ open: () => pieces("in ", "words") })],
  ])("%s", async (_, content) => {
    const whole = await wholeContent(content(), 8, signal);
    expect(await textOf(whole)).toBe("in words");
    // A Blob's type would be sent as the Content-Type.
    if (whole instanceof Blob) expect(whole.type).toBe("");
  });

  test("pieces whose memory is used again, and more than a Blob takes at once", async () => {
    const memory = new Uint8Array(1024 * 1024);
    const content = {
      async *open() {
        for (let number = 1; number <= 9; number += 1) yield memory.fill(number);
      },
    };
    const whole = await wholeContent(content, 9 * memory.length, signal);
    const bytes = new Uint8Array(await new Response(whole).arrayBuffer());
    expect(bytes).toHaveLength(9 * memory.length);
    const lasts = Array.from({ length: 9 }, (_, at) => bytes[(at + 1) * memory.length - 1]);
    expect(lasts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("it is refused", () => {
  test("where it is longer than the limit; unread where it says so", async () => {
    let opened = 0;
    const said = {
      length: 9,
      open: () => {
        opened += 1;
        return pieces("in words.");
      },
    };
    const unsaid = { open: () => pieces("in words", ".") };
    for (const content of [said, unsaid]) {
      await expect(wholeContent(content, 8, signal)).rejects.toMatchObject({ code: "ERR_CONTENT_TOO_LARGE" });
    }
    expect(opened).toBe(0);
    // The browser has those already.
    expect(await textOf(await wholeContent(new Blob(["in words."]), 8, signal))).toBe("in words.");
  });

  test.each([7, 9])("where it is not as long as it said: %i", async (length) => {
    await expect(wholeContent({ length, open: () => pieces("in words") }, 99, signal)).rejects.toMatchObject({
      code: "ERR_CONTENT_LENGTH",
    });
  });

  test("where it fails itself, and where it consists of something else", async () => {
    const broken = new Error("the disk is gone");
    const failing = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(broken) });
    await expect(wholeContent(failing, 99, signal)).rejects.toBe(broken);
    const words = new ReadableStream({ start: (controller) => controller.enqueue("words") });
    await expect(wholeContent(words, 99, signal)).rejects.toMatchObject({ code: "ERR_REQUEST_CONTENT" });
  });

  test("once nobody waits any more, and then it is closed", async () => {
    const leaving = new AbortController();
    let closed = false;
    const stuck: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => {
          closed = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const whole = wholeContent({ open: () => stuck }, 99, leaving.signal);
    leaving.abort(new Error("enough"));
    await expect(whole).rejects.toThrow("enough");
    expect(closed).toBe(true);
  });
});
