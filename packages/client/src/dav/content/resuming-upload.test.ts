import { describe, expect, test } from "vitest";
import { createClient } from "../../create-client.ts";
import { HttpError } from "../../error/http-error.ts";
import { OutcomeUnknownError } from "../../error/operation-error.ts";
import { nodeHash } from "../../node-crypto.ts";
import type { LongRequest } from "../../operation/long-request.ts";
import { serverMemory } from "../../operation/server-memory.ts";
import { startLongRequest } from "../../operation/start-long-request.ts";
import type { RepeatableContent, RequestContent } from "../../send/send.ts";
import {
  type Incident,
  lost,
  PartialServer,
  type PartialServerOptions,
  status,
} from "../../testing/partial-server.ts";
import { testBase, testTime } from "../../testing/scripted-server.ts";
import { change } from "../change.ts";
import type { Change, PutOptions } from "../dav-client.ts";
import { HeldLocks } from "../locks/held-locks.ts";
import { Places } from "../place.ts";
import type { VerbContext } from "../verb-context.ts";
import { leastResumable, resumingUpload } from "./resuming-upload.ts";

const unit = 16 * 1024;
const total = 32 * unit + 10;
const bytes = pattern(total);
const tail = 64 * 1024;

/** Bytes of which no two regions are alike. */
function pattern(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let index = 0; index < words.length; index += 1) words[index] = Math.imul(index + 1, 0x9e3779b1);
  return new Uint8Array(words.buffer, 0, length);
}

function contentOf(whole: Uint8Array): RepeatableContent {
  return {
    length: whole.length,
    async *open(start) {
      for (let at = start; at < whole.length; at += unit) yield whole.subarray(at, at + unit);
    },
  };
}

/** The same with one bit that is not. */
function spoilt(whole: Uint8Array, at: number): Uint8Array {
  const copy = whole.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** As `put` does it, but of less content than that asks for. */
function put(server: PartialServer, options: PutOptions = {}): LongRequest<Change> {
  const { send } = server;
  const places = new Places(testBase);
  const long = { send, memory: serverMemory(send, places.base), surroundings: testTime() };
  const context: VerbContext = {
    ...long,
    places,
    locks: new HeldLocks(),
    uploads: { newHash: nodeHash, servers: new Map() },
    patience: {},
    rest: (milliseconds, signal) => long.surroundings.sleep(milliseconds, signal),
    start: (plan) => startLongRequest(long, plan),
  };
  const url = places.url("a");
  const content = { length: total, open: contentOf(bytes).open };
  const resume = resumingUpload(context, { url, content, options });
  return change(context, { method: "PUT", url, content, resume, changed: [url] }, options);
}

/** Told apart by whether it is equal: a failure would print millions of bytes. */
function isWhole({ content }: PartialServer): boolean {
  return content !== undefined && Buffer.compare(content, bytes) === 0;
}

type Story = [
  name: string,
  incidents: Record<string, Incident[]>,
  log: readonly string[],
  server?: PartialServerOptions,
  options?: PutOptions,
];

const cutAt = 20 * unit;
const beginning = ["PUT", "OPTIONS", "HEAD"];
const proof = `GET 0-${cutAt - 1}`;
const rest = `PATCH ${cutAt - 1}-`;
const joint = (at: number): string => `GET ${Math.max(at - tail, 0)}-${Math.min(at + tail, total) - 1}`;

describe("an upload that was cut goes on where it was", () => {
  test.each<Story>([
    ["asking nothing where nothing was lost", {}, ["PUT"]],
    ["once what is there is proven to be ours", { PUT: [cutAt] }, [...beginning, proof, rest, joint(cutAt)]],
    [
      "and again after the next loss",
      { PUT: [cutAt], PATCH: [5 * unit] },
      [
        ...[...beginning, proof, rest, "HEAD", `GET 0-${cutAt + 5 * unit - 2}`],
        ...[`PATCH ${cutAt + 5 * unit - 2}-`, joint(cutAt + 5 * unit - 1)],
      ],
    ],
    [
      "and a proof that was cut goes on, too, where nothing has changed",
      { PUT: [cutAt], GET: [unit] },
      [...beginning, proof, "HEAD", `GET ${unit}-${cutAt - 1}`, rest, joint(cutAt)],
    ],
    [
      "with nothing left to send where only the answer was lost",
      { PUT: [total] },
      [...beginning, `GET 0-${total - 1}`],
    ],
    [
      "after another look where the rest of the first request arrived late (412)",
      { PUT: [cutAt], HEAD: [becomes(bytes.slice(0, cutAt - 7))], PATCH: [becomes(bytes.slice(0, cutAt))] },
      [
        ...[...beginning, `GET 0-${cutAt - 8}`, `PATCH ${cutAt - 8}-`],
        ...["HEAD", proof, rest, joint(cutAt)],
      ],
    ],
    [
      "through servers that are not ready",
      { PUT: [cutAt], OPTIONS: [() => status(503)], HEAD: [() => status(502)], PATCH: [() => status(503)] },
      [...["PUT", "OPTIONS", "OPTIONS", "HEAD", "HEAD", proof, rest], "HEAD", rest, joint(cutAt)],
    ],
    [
      "through connections that are lost while looking",
      {
        PUT: [cutAt],
        OPTIONS: [throwLost],
        HEAD: [throwLost],
      },
      ["PUT", "OPTIONS", "OPTIONS", "HEAD", "HEAD", proof, rest, joint(cutAt)],
    ],
    [
      "where it replaces what the caller named",
      { PUT: [cutAt] },
      [...beginning, proof, rest, joint(cutAt)],
      { content: bytes.slice(0, 7) },
      { ifMatch: '"1"' },
    ],
    [
      "where what was there before is how it begins",
      { PUT: [unit + 1] },
      [...beginning, `GET 0-${unit - 1}`, `PATCH ${unit - 1}-`, joint(unit)],
      { content: bytes.slice(0, unit), atomic: true },
    ],
  ])("%s", async (_name, incidents, log, serverOptions, options) => {
    const server = new PartialServer(incidents, serverOptions);
    await put(server, options).outcome;
    expect(server.log).toEqual(log);
    expect(isWhole(server)).toBe(true);
  });
});

describe("the PATCH of sabre/dav", () => {
  test("says what it replaces, holds for what was looked at only, and has a key of its own", async () => {
    const server = new PartialServer({ PUT: [cutAt] });
    const options = {
      contentType: "video/mp4",
      ifNoneMatch: "*",
      lockTokens: ["urn:uuid:1"],
      idempotencyKey: "k",
    };
    await put(server, options).outcome;
    const sent = server.requests.find(({ method }) => method === "PATCH")?.headers;
    expect(Object.fromEntries(sent ?? [])).toMatchObject({
      "content-type": "application/x-sabredav-partialupdate",
      "x-update-range": `bytes=${cutAt - 1}-`,
      "if-match": '"2"',
      if: "(<urn:uuid:1>)",
      "idempotency-key": expect.not.stringMatching(/^"k"$/),
    });
    expect(sent?.has("if-none-match")).toBe(false);
  });

  test.each<[string, PutOptions, Incident, Change]>([
    ["a new resource", { ifNoneMatch: "*" }, cutAt, { status: 201, created: true, etag: '"3"' }],
    ["one that may have been there", {}, cutAt, { status: 204, created: false, etag: '"3"' }],
    ["nothing left to send", {}, total, { status: 204, created: false, etag: '"2"' }],
  ])("%s has the outcome of a PUT", async (_name, options, cut, outcome) => {
    expect(await put(new PartialServer({ PUT: [cut] }), options).outcome).toEqual(outcome);
  });

  test.each([403, 413, 423, 507])("a refusal by %i is the end of the upload", async (code) => {
    const server = new PartialServer({ PUT: [cutAt], PATCH: [() => status(code)] });
    const failure = await put(server, { repeat: true }).outcome.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpError);
    expect(failure).toMatchObject({ method: "PUT", status: code });
  });

  test("progress goes on and never falls", async () => {
    const server = new PartialServer({ PUT: [cutAt], PATCH: [5 * unit] });
    const request = put(server);
    const sent: number[] = [];
    for await (const { stage, done } of request.progress) if (stage === "sending") sent.push(done);
    await request.outcome;
    expect(sent).toEqual(sent.toSorted((one, other) => one - other));
    expect(sent.filter((done) => done > cutAt && done < total).length).toBeGreaterThan(0);
  });
});

describe("nothing is added to what is not ours", () => {
  const partial = bytes.slice(0, cutAt);
  const old = new Uint8Array(7);

  test.each<Story>([
    ["no announcement", { PUT: [cutAt] }, ["PUT", "OPTIONS"], { dav: "1, 2, 3" }],
    ["OPTIONS refused", { PUT: [cutAt], OPTIONS: [() => status(405)] }, ["PUT", "OPTIONS"]],
    ["nothing was sent", { PUT: [throwLost] }, ["PUT"]],
    ["nothing there", { PUT: [cutAt] }, beginning, { atomic: true }],
    ["an empty resource", { PUT: [cutAt], HEAD: [becomes(new Uint8Array(0))] }, beginning],
    ["more than was sent", { PUT: [cutAt], HEAD: [becomes(bytes.slice(0, cutAt + 1))] }, beginning],
    ["more than all", { PUT: [total], HEAD: [becomes(new Uint8Array(total + 1))] }, beginning],
    ["a weak entity tag", { PUT: [cutAt] }, beginning, { etag: (version) => `W/"${version}"` }],
    [
      "what the caller wants to replace, unchanged",
      { PUT: [cutAt] },
      beginning,
      { content: bytes.slice(0, 7), atomic: true },
      { ifMatch: '"1"' },
    ],
    [
      "the old content, kept until all of the new is there",
      { PUT: [cutAt] },
      [...beginning, "GET 0-6"],
      { content: old, atomic: true },
    ],
    ["another first byte", { PUT: [cutAt], HEAD: [becomes(spoilt(partial, 0))] }, [...beginning, proof]],
    [
      "another byte between",
      { PUT: [cutAt], HEAD: [becomes(spoilt(partial, 9 * unit))] },
      [...beginning, proof],
    ],
    [
      "another last byte",
      { PUT: [cutAt], HEAD: [becomes(spoilt(partial, cutAt - 1))] },
      [...beginning, proof],
    ],
    ["gone before it is read", { PUT: [cutAt], GET: [becomes(undefined)] }, [...beginning, proof, "HEAD"]],
    [
      "no answer to ranges",
      { PUT: [cutAt], GET: [() => status(200, { ETag: '"2"' })] },
      [...beginning, proof],
    ],
    ...[400, 404, 405, 409, 415, 416, 501, 202].map(
      (code): Story => [
        `PATCH answered by ${code}`,
        { PUT: [cutAt], PATCH: [() => status(code)] },
        [...beginning, proof, rest],
      ],
    ),
  ])("%s", async (_name, incidents, log, serverOptions, options) => {
    const server = new PartialServer(incidents, serverOptions);
    await expect(put(server, options).outcome).rejects.toThrow(OutcomeUnknownError);
    // In the end it is asked whether the server keeps answers.
    expect(server.log).toEqual([...log, "OPTIONS"]);
  });

  test("where the caller lets it be sent again, it begins from the beginning, and then goes on if it can", async () => {
    const server = new PartialServer({
      PUT: [cutAt, cutAt],
      HEAD: [becomes(spoilt(partial, 3))],
    });
    await put(server, { repeat: true }).outcome;
    expect(server.log).toEqual([...beginning, proof, "PUT", "HEAD", proof, rest, joint(cutAt)]);
    expect(isWhole(server)).toBe(true);
  });

  test("content of another after the look is left alone (If-Match)", async () => {
    const others = spoilt(partial, 5);
    const server = new PartialServer({ PUT: [cutAt], PATCH: [becomes(others)] });
    await expect(put(server).outcome).rejects.toThrow(OutcomeUnknownError);
    expect(server.log).toEqual([...beginning, proof, rest, "HEAD", proof, "OPTIONS"]);
    expect(server.content).toBe(others);
  });

  test.each<[string, Incident]>([
    ["other content", becomes(spoilt(partial, cutAt - 2))],
    ["longer content", becomes(new Uint8Array(total + 1))],
  ])("a server that heeds no If-Match does not pass off %s as ours", async (_name, incident) => {
    const server = new PartialServer({ PUT: [cutAt], PATCH: [incident] }, { heedsIfMatch: false });
    await expect(put(server).outcome).rejects.toThrow(OutcomeUnknownError);
    expect(server.log).toEqual([...beginning, proof, rest, joint(cutAt), "OPTIONS"]);
  });

  test("a server that removes a cut upload late does not pass off nothing as ours", async () => {
    const server = new PartialServer({
      PUT: [cutAt],
      GET: [() => undefined, becomes(undefined)],
    });
    await expect(put(server).outcome).rejects.toThrow(OutcomeUnknownError);
  });

  test("it ends where nothing more arrives, 20 times in a row", async () => {
    const cuts = Array.from({ length: 100 }, (): Incident => 1);
    const server = new PartialServer({ PUT: [cutAt], PATCH: cuts });
    await expect(put(server).outcome).rejects.toThrow(OutcomeUnknownError);
    const patches = server.log.filter((line) => line.startsWith("PATCH"));
    expect(patches.length).toBeLessThan(25);
  });
});

describe("what is gone on with", () => {
  const large = new Uint8Array(leastResumable);
  const small = large.subarray(1);
  const opened = (whole: Uint8Array): AsyncIterable<Uint8Array> => contentOf(whole).open(0);

  test.each<[string, RequestContent, boolean]>([
    ["32 MiB", contentOf(large), true],
    ["a byte less", contentOf(small), false],
    ["unknown length", { open: () => opened(large) }, false],
    ["a stream", ReadableStream.from(opened(large)) as ReadableStream<Uint8Array>, false],
    ["bytes", large, true],
    ["a Blob", new Blob([large]), true],
  ])("%s", async (_name, content, looks) => {
    const log: string[] = [];
    const client = createClient(testBase, {
      surroundings: testTime(),
      async send(_url, { method = "GET", onSent } = {}) {
        log.push(method);
        if (method === "OPTIONS") return status(200, { DAV: "sabredav-partialupdate" });
        if (method === "HEAD") return status(404);
        onSent?.(1);
        throw lost();
      },
    });
    await expect(client.put("a", content).outcome).rejects.toThrow(OutcomeUnknownError);
    expect(log.includes("HEAD")).toBe(looks);
  });

  test("not where the server keeps answers: there the request itself is sent again with its key", async () => {
    const dav = "1, sabredav-partialupdate, <urn:meanwhile:operations:1>";
    const server = new PartialServer({ PUT: [cutAt] }, { dav });
    await put(server).outcome;
    expect(server.log).toEqual(["PUT", "OPTIONS", "OPTIONS", "PUT"]);
  });
});

function becomes(content: Uint8Array | undefined): Incident {
  return (server) => {
    server.replace(content);
    return undefined;
  };
}

function throwLost(): never {
  throw lost();
}
