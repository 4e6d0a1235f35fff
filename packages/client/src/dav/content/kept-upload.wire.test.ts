/** Uploads to our own server, which keeps them, through connections that are cut. */
import { once } from "node:events";
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler } from "@meanwhile/server";
import { createMemoryLockStore, createMemoryTree, createMemoryUploadStore } from "@meanwhile/server/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { trusted } from "../../../../interim/src/testing/certificates.ts";
import { createClient } from "../../create-client.ts";
import { HttpError } from "../../error/http-error.ts";
import type { Surroundings } from "../../repeat/surroundings.ts";
import type { RequestContent } from "../../send/send.ts";
import { cuttingHop, pseudoRandom } from "../../testing/cutting-hop.ts";
import type { DavClient } from "../dav-client.ts";
import { leastKept } from "./kept-upload.ts";

const total = leastKept + 12_345;
const content = Uint8Array.from({ length: total }, (_, at) => (at * 31 + (at >> 9)) & 0xff);

interface Running {
  readonly client: DavClient;
  /** Method and status of each request that was answered, and those alone. */
  readonly asked: readonly string[];
  readonly cuts: number;
  /** Of HTTP, of the requests that came. */
  readonly versions: ReadonlySet<string>;
}

async function run(
  protocol: "http" | "https",
  cutAfter: (cuts: number) => number | undefined,
  limits: { readonly contentBytes?: number } = {},
): Promise<Running> {
  const asked: string[] = [];
  const handler = createDavHandler({
    tree: createMemoryTree(),
    locks: createMemoryLockStore({ clock: Date.now }),
    operations: createOperations(),
    uploads: createMemoryUploadStore(),
    interim: { front: "none" },
    authenticate: () => ({ kind: "anonymous" }),
    limits,
    log: ({ method, status }) => asked.push(`${method} ${status}`),
  });
  const versions = new Set<string>();
  const server =
    protocol === "http"
      ? createServer(handler).on("checkContinue", handler)
      : createSecureServer({ ...trusted }, handler).on("checkContinue", handler);
  server.on("request", ({ httpVersion }: { readonly httpVersion: string }) => versions.add(httpVersion));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const hop = await cuttingHop((server.address() as AddressInfo).port, cutAfter);
  const client = createClient(`${protocol}://127.0.0.1:${hop.port}/`, {
    environment: {},
    tls: { ca: trusted.cert },
    surroundings: atOnce,
  });
  onTestFinished(async () => {
    await client.close();
    await hop.close();
    server.close();
    await handler.close();
  });
  return {
    client,
    asked,
    versions,
    get cuts() {
      return hop.cuts;
    },
  };
}

async function readBack(client: DavClient, place: string): Promise<Buffer> {
  const { content: pieces } = await client.get(place);
  return Buffer.from(await new Response(pieces).arrayBuffer());
}

describe.each([
  ["1.1", "http"],
  ["2.0", "https"],
] as const)("over HTTP/%s", (version, protocol) => {
  test.each<[string, RequestContent]>([
    ["bytes", content],
    ["a Blob", new Blob([content])],
  ])("cut at random places, %s arrive whole in one upload", async (_name, given) => {
    const seed = Math.ceil(Math.random() * 2 ** 31);
    const random = pseudoRandom(seed);
    // Six pieces of at most an eighth are never the whole, so that each cut comes.
    const running = await run(protocol, (cuts) =>
      cuts < 6 ? 2000 + Math.ceil((random() * total) / 8) : undefined,
    );
    const { client, asked } = running;
    const request = client.put("a", given);
    const sent: number[] = [];
    for await (const { stage, done } of request.progress) if (stage === "sending") sent.push(done);
    expect((await request.outcome).created, `seed ${seed}`).toBe(true);
    expect(running.cuts, `seed ${seed}`).toBe(6);
    expect([...running.versions]).toEqual([version]);
    expect(sent, `seed ${seed}`).toEqual(sent.toSorted((one, other) => one - other));
    expect(Buffer.compare(await readBack(client, "a"), content), `seed ${seed}`).toBe(0);
    expect(asked.filter((line) => line === "PATCH 201").length, `seed ${seed}`).toBeGreaterThan(0);
  });
});

test("an upload that nothing comes between takes five requests", async () => {
  const { client, asked } = await run("http", () => undefined);
  await client.put("a", content, { ifNoneMatch: "*" }).outcome;
  expect(asked).toEqual(["OPTIONS 200", "PUT 201", "HEAD 204", "PATCH 204", "HEAD 204", "PATCH 201"]);
});

test("less than 4 MiB, and a stream, go in one request", async () => {
  const { client, asked } = await run("http", () => undefined);
  await client.put("a", content.subarray(0, leastKept - 1)).outcome;
  await client.put("b", new Blob([content]).stream() as ReadableStream<Uint8Array>).outcome;
  expect(asked).toEqual(["PUT 201", "PUT 201"]);
});

test("what the server does not take is refused as a PUT", async () => {
  const { client } = await run("http", () => undefined, { contentBytes: leastKept });
  const failure = await client.put("a", content).outcome.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(HttpError);
  expect(failure).toMatchObject({ method: "PUT", status: 413 });
});

test("a condition that does not hold is told before any content is sent", async () => {
  const { client, asked } = await run("http", () => undefined);
  await client.put("a", "there").outcome;
  const failure = await client
    .put("a", content, { ifNoneMatch: "*" })
    .outcome.catch((error: unknown) => error);
  expect(failure).toMatchObject({ method: "PUT", status: 412 });
  expect(asked).toEqual(["PUT 201", "OPTIONS 200", "PUT 412"]);
});

/** Nobody waits before coming back. */
const atOnce: Surroundings = {
  now: () => performance.now(),
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
  random: Math.random,
  newKey: () => crypto.randomUUID(),
};
