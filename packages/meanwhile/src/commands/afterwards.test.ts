/** Looks at what was put or got, at servers that are slow to tell: the work is done, and is not kept waiting. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Change, ConnectionError, type DavClient } from "@meanwhile/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runProgram } from "../program.ts";
import { testConnection, testLooking, testResource } from "../testing/test-client.ts";
import { testRequest } from "../testing/test-request.ts";
import { testTerminal } from "../testing/test-terminal.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "meanwhile-afterwards-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const url = "https://files.example/a";
const streamOf = (content: Uint8Array) => new Blob([content as Uint8Array<ArrayBuffer>]).stream();

async function run(args: readonly string[], client: Partial<DavClient>) {
  const terminal = testTerminal({ cwd, input: "abc" });
  const { connect } = testConnection(client);
  return { code: await runProgram(args, terminal, connect), complained: terminal.complained };
}

test.each([
  [["get", url, "-"], []],
  [["put", "a", url], []],
  [["put", "-", url], ["meanwhile: /a: the server does not tell whether all of it arrived"]],
])("%j: a look that takes more than a minute is given up", async (args, complained) => {
  writeFileSync(join(cwd, "a"), "abc");
  let done = false;
  const { stat, ...looking } = testLooking({});
  const ran = await run(args, {
    ...looking,
    async stat(place, options) {
      if (!done) return stat(place, options);
      // Without a limit, this server would be waited for for ever.
      if (options?.timeoutMs !== 60_000) throw new Error("waits without a limit");
      throw new ConnectionError("timeout", "not done within 60000 ms", { mayHaveArrived: true });
    },
    async get(place) {
      done = true;
      return { url: new URL(place), content: streamOf(Buffer.from("abc")) };
    },
    put(_place, content) {
      done = true;
      const request = testRequest<Change>();
      void (async () => {
        if (content instanceof ReadableStream) for await (const _ of content);
        request.end({ status: 201, created: true });
      })();
      return request;
    },
  });
  expect(ran).toEqual({ code: 0, complained });
});

test.each([
  ["kept in part", (content: Buffer) => content.subarray(0, 300_000), 1, /and has 293 KiB of the 977 KiB/],
  ["changed in its middle", (content: Buffer) => content.subarray(1, 300_001), 0, /changed its content/],
])("of a large file that was %s, no more than the end is asked for", async (_what, stored, code, said) => {
  const content = Buffer.alloc(1_000_000, "0123456789a");
  writeFileSync(join(cwd, "a"), content);
  const there = stored(content);
  const ranges: unknown[] = [];
  let done = false;
  const looking = testLooking({});
  const ran = await run(["put", "a", url], {
    ...looking,
    stat: async (place, options) =>
      done ? testResource(url, { length: there.length }) : looking.stat(place, options),
    async get(place, options) {
      ranges.push(options?.range);
      return { url: new URL(place), content: streamOf(there.subarray(options?.range?.start ?? 0)) };
    },
    put() {
      done = true;
      const request = testRequest<Change>();
      request.end({ status: 201, created: true });
      return request;
    },
  });
  expect(ran).toEqual({ code, complained: [expect.stringMatching(said)] });
  expect(ranges).toEqual([{ start: 300_000 - 64 * 1024 }]);
});
