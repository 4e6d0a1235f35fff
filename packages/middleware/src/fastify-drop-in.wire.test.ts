/** The response cases of Fastify's own tests, as behaviours: with the middleware for the whole app they are what they were. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOperations } from "@meanwhile/operations";
import createFastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { processing } from "./fastify.ts";
import { ask, type DropInAnswer, sameLogs } from "./testing/drop-in/drop-in.ts";
import { fastifyCases } from "./testing/drop-in/fastify-cases.ts";
import { http1Client, http2Client } from "./testing/raw-client.ts";

type Protocol = "HTTP/1.1" | "HTTP/2";

const root = await mkdtemp(join(tmpdir(), "meanwhile-drop-in-"));
const file = join(root, "large.txt");
await writeFile(file, "0123456789".repeat(30_000));
afterAll(() => rm(root, { recursive: true }));

const cases = fastifyCases(file);

interface Side {
  ask(index: number): Promise<DropInAnswer>;
  /** What handlers told of the requests of a case. */
  logOf(index: number): readonly string[];
  close(): Promise<unknown>;
}

async function side(protocol: Protocol, mount: (app: FastifyInstance) => void): Promise<Side> {
  const app =
    protocol === "HTTP/1.1"
      ? createFastify({ forceCloseConnections: true })
      : (createFastify({ http2: true, forceCloseConnections: true }) as unknown as FastifyInstance);
  mount(app);
  const logs = cases.map(({ add }, index) => {
    const log: string[] = [];
    app.register(
      async (scope) => {
        add(scope, (what) => log.push(what));
      },
      { prefix: `/case-${index}` },
    );
    return log;
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  return {
    close: () => app.close(),
    logOf: (index) => logs[index] ?? [],
    async ask(index) {
      const client = protocol === "HTTP/2" ? http2Client(port) : http1Client(port);
      const { request } = cases[index] ?? { request: {} };
      try {
        return await ask(client, `/case-${index}`, request);
      } finally {
        client.close();
      }
    },
  };
}

describe.each(["HTTP/1.1", "HTTP/2"] as const)("Fastify 5, %s", (protocol) => {
  const operations = createOperations();
  const started = vi.spyOn(operations, "start");
  let without: Side;
  let quiet: Side;
  let always: Side;

  beforeAll(async () => {
    const when = (): boolean => true;
    without = await side(protocol, () => undefined);
    quiet = await side(protocol, (app) => app.register(processing({ when })));
    always = await side(protocol, (app) => app.register(processing({ operations, when, expects: "1h" })));
  });
  afterAll(async () => {
    for (const served of [without, quiet, always]) await served.close();
  });

  test.each(cases.map(({ name }, index) => [name, index] as const))("%s", async (name, index) => {
    const [plain, asQuiet] = await Promise.all([without.ask(index), quiet.ask(index)]);
    if (protocol === "HTTP/2" && name === "a stream that fails in its middle") {
      // RFC 9113 §8.1: without END_STREAM it is incomplete. Node resets it with NO_ERROR, which clients take for its
      // end; what we pass on is reset with INTERNAL_ERROR.
      expect([plain.content, asQuiet.content]).toEqual(["half", "broken off"]);
      return;
    }
    expect(asQuiet).toEqual(plain);
    const before = started.mock.calls.length;
    expect(await always.ask(index)).toEqual(plain);
    // Fastify answers this one before any hook.
    const passesBy = name === "a URL that cannot be decoded";
    expect(started.mock.calls.length).toBe(before + (passesBy ? 0 : 1));
    if (cases[index]?.logs) {
      await sameLogs(without.logOf(index), quiet.logOf(index), always.logOf(index));
    }
  });
});
