import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { askAt, longestAnswer } from "./ask.ts";

/** Types the keys, in pieces, at a question. */
async function type(pieces: readonly (string | Uint8Array)[], hidden = true) {
  const modes: boolean[] = [];
  const keys = Object.assign(new PassThrough(), { setRawMode: (raw: boolean) => modes.push(raw) });
  let shown = "";
  let closed = false;
  const asked = {
    keys,
    screen: { write: (text: string) => (shown += text) },
    close: () => {
      closed = true;
    },
  };
  const answer = askAt(asked, { text: "Password: ", hidden }).catch((error: unknown) => String(error));
  for (const piece of pieces) keys.write(piece);
  keys.end();
  return { answer: await answer, shown, modes, closed };
}

describe("a question at the terminal", () => {
  test("what is typed does not appear, and the terminal is as before", async () => {
    expect(await type(["s3cr", "et\r"])).toEqual({
      answer: "s3cret",
      shown: "Password: \r\n",
      modes: [true, false],
      closed: true,
    });
  });

  test("where it is no secret it appears", async () => {
    expect(await type(["ann\r"], false)).toMatchObject({ answer: "ann", shown: "Password: ann\r\n" });
  });

  test.each([
    [["ab\u007Fc\r"], "ac"],
    [["\u0008\u0008x\n"], "x"],
    [["wrong\u0015right\r"], "right"],
    [["a\u0004b\r"], "ab"],
    [["\u001B\u0001a\r"], "a"],
    [[Uint8Array.of(0xc3), Uint8Array.of(0xbc, 0x0d)], "ü"],
    [["\r"], ""],
  ])("keys %j make %j", async (pieces, answer) => {
    expect((await type(pieces)).answer).toBe(answer);
  });

  test("Ctrl-D and the end of input refuse, Ctrl-C stops the command", async () => {
    expect(await type(["\u0004"])).toMatchObject({ answer: undefined, closed: true });
    expect(await type(["half"])).toMatchObject({ answer: undefined, closed: true });
    expect(await type(["half\u0003"])).toMatchObject({
      answer: "CommandError: stopped",
      modes: [true, false],
    });
  });

  test("an answer has an end", async () => {
    expect((await type(["x".repeat(longestAnswer + 10), "\r"])).answer).toHaveLength(longestAnswer);
  });
});
