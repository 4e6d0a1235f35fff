import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseServeOptions, type TypedServeOptions } from "../options/serve-options.ts";
import type { Terminal } from "../terminal.ts";
import { type Running, serve } from "./serve.ts";

let place: string;
let running: Running | undefined;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "meanwhile-reserved-"));
  mkdirSync(join(place, "files"));
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  rmSync(place, { recursive: true });
});

async function start(typed: TypedServeOptions = {}): Promise<string> {
  const terminal: Terminal = {
    print: () => {},
    complain: () => {},
    log: { write: () => {} },
    env: {},
    platform: "linux",
    home: place,
    onStop: () => () => {},
    exit: () => {},
    kill: () => {},
    onExit: () => () => {},
  };
  const options = parseServeOptions(join(place, "files"), { listen: "127.0.0.1:0", drain: "1s", ...typed });
  running = await serve(options, terminal);
  return running.url;
}

test("a folder that has something where operations are kept is refused, and can be served with another place", async () => {
  mkdirSync(join(place, "files", ".meanwhile"));
  await expect(start()).rejects.toMatchObject({
    name: "CommandError",
    message: expect.stringMatching(/"\/\.meanwhile".*--operations-path/),
  });
  const url = await start({ operationsPath: "/_jobs/" });
  const list = await fetch(new URL("/_jobs/", url));
  expect(await list.json()).toEqual({ version: 1, operations: [] });
  expect(
    (await fetch(new URL("/.meanwhile/", url), { method: "PROPFIND", headers: { Depth: "0" } })).status,
  ).toBe(207);
  expect((await fetch(new URL("/_jobs/x", url), { method: "PUT", body: "x" })).status).toBe(403);
});
