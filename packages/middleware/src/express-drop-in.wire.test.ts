/** The response cases of Express's own tests, as behaviours: with the middleware for the whole app they are what they were. */
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOperations } from "@meanwhile/operations";
import express, { type Express } from "express";
// @ts-expect-error: an alias has no types of its own; it is used as Express 5 is.
import untyped from "express4";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { processing } from "./express.ts";
import type { Served } from "./testing/adapter/adapter-subject.ts";
import { listen } from "./testing/adapter/node-app.ts";
import { ask, type DropInAnswer, sameLogs } from "./testing/drop-in/drop-in.ts";
import { expressCases } from "./testing/drop-in/express-cases.ts";
import { http1Client } from "./testing/raw-client.ts";

const express4 = untyped as typeof express;

const root = await mkdtemp(join(tmpdir(), "meanwhile-drop-in-"));
await mkdir(join(root, "folder"));
for (const [name, content] of [
  ["hello.txt", "hello, file\n"],
  [".hidden", "hidden"],
  ["a b%.txt", "odd"],
  ["page.html", "<p>page</p>"],
  ["large.bin", "0123456789".repeat(30_000)],
] as const) {
  await writeFile(join(root, name), content);
  await utimes(join(root, name), 1_000_000_000, 1_000_000_000);
}
afterAll(() => rm(root, { recursive: true }));

const cases = expressCases(root);

interface Side {
  ask(index: number): Promise<DropInAnswer>;
  /** What handlers told of the requests of a case. */
  logOf(index: number): readonly string[];
}

async function side(make: () => Express, mount: (app: Express) => void): Promise<Side & Served> {
  const app = make();
  app.set("env", "production");
  mount(app);
  const logs = cases.map(({ add }, index) => {
    const log: string[] = [];
    const sub = make();
    sub.set("env", "production");
    add(sub, (what) => log.push(what));
    app.use(`/case-${index}`, sub);
    return log;
  });
  const served = await listen("HTTP/1.1", app);
  return {
    ...served,
    logOf: (index) => logs[index] ?? [],
    async ask(index) {
      const client = http1Client(served.port);
      const { request } = cases[index] ?? { request: {} };
      try {
        return await ask(client, `/case-${index}`, request);
      } finally {
        client.close();
      }
    },
  };
}

describe.each([
  ["Express 5", express],
  ["Express 4", express4],
])("%s", (framework, make) => {
  const operations = createOperations();
  const started = vi.spyOn(operations, "start");
  let without: Awaited<ReturnType<typeof side>>;
  let quiet: Awaited<ReturnType<typeof side>>;
  let always: Awaited<ReturnType<typeof side>>;

  beforeAll(async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const when = (): boolean => true;
    without = await side(make, () => undefined);
    quiet = await side(make, (app) => app.use(processing({ operations: createOperations(), when })));
    always = await side(make, (app) => app.use(processing({ operations, when, expects: "1h" })));
  });
  afterAll(async () => {
    for (const served of [without, quiet, always]) await served.close();
  });

  test.each(cases.map(({ name }, index) => [name, index] as const))("%s", async (name, index) => {
    const [plain, asQuiet] = await Promise.all([without.ask(index), quiet.ask(index)]);
    expect(asQuiet).toEqual(plain);
    // RFC 9112 §6.2: "A sender MUST NOT send a Content-Length header field in any message that contains a
    // Transfer-Encoding header field." Express 4 does; an operation's response does not.
    if (framework === "Express 4" && name === "chunks where it is told so") {
      expect((await always.ask(index)).content).toBe(plain.content);
      return;
    }
    // Express ends the connection. An operation always has a final response: as long as no byte is out, a 500.
    if (name === "an error after the head") {
      expect(await always.ask(index)).toMatchObject({ status: 500 });
      return;
    }
    const before = started.mock.calls.length;
    expect(await always.ask(index)).toEqual(plain);
    expect(started.mock.calls.length).toBe(before + 1);
    if (cases[index]?.logs) {
      await sameLogs(without.logOf(index), quiet.logOf(index), always.logOf(index));
    }
  });
});
