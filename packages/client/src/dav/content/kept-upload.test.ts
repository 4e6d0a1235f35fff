/** Uploads to servers that keep them, and to some that say so and do otherwise. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ConnectionError } from "../../error/connection-error.ts";
import { HttpError } from "../../error/http-error.ts";
import { CancelledError, OutcomeUnknownError } from "../../error/operation-error.ts";
import { nodeHash } from "../../node-crypto.ts";
import type { LongRequest } from "../../operation/long-request.ts";
import { serverMemory } from "../../operation/server-memory.ts";
import { startLongRequest } from "../../operation/start-long-request.ts";
import type { RequestContent } from "../../send/send.ts";
import { lost, status } from "../../testing/partial-server.ts";
import { testBase, testTime } from "../../testing/scripted-server.ts";
import {
  type UploadIncident,
  UploadServer,
  type UploadServerOptions,
  type UploadStep,
} from "../../testing/upload-server.ts";
import { change } from "../change.ts";
import type { Change, PutOptions } from "../dav-client.ts";
import { HeldLocks } from "../locks/held-locks.ts";
import { Places } from "../place.ts";
import type { VerbContext } from "../verb-context.ts";
import { keptUpload, type UploadMemory } from "./kept-upload.ts";
import { positionedContent } from "./positioned-content.ts";

const total = 1000;
const bytes = Uint8Array.from({ length: total }, (_, at) => (at * 31 + (at >> 5)) & 0xff);
const inPieces: RequestContent = {
  length: total,
  async *open(start) {
    for (let at = start; at < total; at += 64) yield bytes.subarray(at, Math.min(at + 64, total));
  },
};

/** A client that lives as long as its test, and puts as `put` does, but less content than that asks for. */
class Putter {
  readonly #context: VerbContext;

  constructor({ send }: Pick<UploadServer, "send">) {
    const places = new Places(testBase);
    const long = { send, memory: serverMemory(send, places.base), surroundings: testTime() };
    this.#context = {
      ...long,
      places,
      locks: new HeldLocks(),
      uploads: { newHash: nodeHash, servers: new Map() },
      patience: {},
      rest: (milliseconds, signal) => long.surroundings.sleep(milliseconds, signal),
      start: (plan) => startLongRequest(long, plan),
    };
  }

  put(options: PutOptions = {}, whole: RequestContent = inPieces): LongRequest<Change> {
    const url = this.#context.places.url("a");
    const content = positionedContent(whole);
    if (content === undefined) throw new Error("it has no positions");
    const upload = keptUpload({ url, content, whole, memory: options.memory, ...this.#context.uploads });
    return change(this.#context, { method: "PUT", url, content: whole, upload, changed: [url] }, options);
  }
}

const put = (server: UploadServer, options?: PutOptions, content?: RequestContent): LongRequest<Change> =>
  new Putter(server).put(options, content);

/** Content in place, told apart by its digest: a failure would print all bytes. */
const digest = (content: Uint8Array | undefined): string =>
  content === undefined ? "nothing" : createHash("sha256").update(content).digest("hex");
const isWhole = ({ content }: UploadServer): boolean => digest(content) === digest(bytes);

function remembering(text?: string): UploadMemory & { text: string | undefined; content?: string } {
  return {
    text,
    async recall() {
      return this.text;
    },
    async remember(upload) {
      this.text = upload;
    },
  };
}

const answers =
  (code: number, headers: Readonly<Record<string, string>> = {}): UploadIncident =>
  () =>
    status(code, headers);
const loses: UploadIncident = () => {
  throw lost();
};
/** The newest upload is not there any more. */
const forgets: UploadIncident = (server) => {
  server.uploads.clear();
  return undefined;
};
const told = (fields: Readonly<Record<string, string>>): UploadIncident => answers(204, fields);

type Story = [
  name: string,
  incidents: Partial<Record<UploadStep, UploadIncident[]>>,
  log: readonly string[],
  server?: UploadServerOptions,
  options?: PutOptions,
];

const begun = ["OPTIONS", "BEGIN", "HEAD"];
const whole = `APPEND 0+${total}`;
const ended = ["HEAD", "END"];
const anew = ["BEGIN", "HEAD", whole, ...ended];

describe("an upload to a server that keeps uploads", () => {
  test.each<Story>([
    ["is begun, appended to, and completed", {}, [...begun, whole, ...ended]],
    ["goes on where it was cut", { APPEND: [300] }, [...begun, whole, "HEAD", "APPEND 300+700", ...ended]],
    [
      "and after the next cut",
      { APPEND: [300, 1, 600] },
      [
        ...begun,
        whole,
        "HEAD",
        "APPEND 300+700",
        "HEAD",
        "APPEND 301+699",
        "HEAD",
        "APPEND 901+99",
        ...ended,
      ],
    ],
    ["with nothing left where only the answer was lost", { APPEND: [total] }, [...begun, whole, ...ended]],
    [
      "in parts as large as it takes them",
      {},
      [...begun, "APPEND 0+400", "HEAD", "APPEND 400+400", "HEAD", "APPEND 800+200", ...ended],
      { limits: "max-append-size=400" },
    ],
    [
      "that limits what is no bar",
      {},
      [...begun, whole, ...ended],
      { limits: "max-size=1000, min-size=1000, min-append-size=1" },
    ],
    [
      "through lost connections at each step",
      { OPTIONS: [loses], BEGIN: [loses], HEAD: [loses], APPEND: [loses], END: [loses] },
      ["OPTIONS", "OPTIONS", "BEGIN", "BEGIN", "HEAD", "HEAD", whole, "HEAD", whole, ...ended, ...ended],
    ],
    [
      "through a server that is not ready (503)",
      { BEGIN: [answers(503)], HEAD: [answers(503), answers(500)], APPEND: [answers(503), answers(500)] },
      ["OPTIONS", "BEGIN", "BEGIN", "HEAD", "HEAD", "HEAD", whole, "HEAD", whole, "HEAD", whole, ...ended],
    ],
    [
      "asking again where it was completed and the answer lost: it is told again",
      { END: [0] },
      [...begun, whole, ...ended, ...ended],
    ],
    [
      "after another look where the offset did not fit (409)",
      { APPEND: [answers(409)], END: [answers(409)] },
      [...begun, whole, "HEAD", whole, ...ended, ...ended],
    ],
    [
      "where another request of ours came to its end after the look",
      {
        APPEND: [
          (server) => {
            server.newest.bytes = bytes.slice(0, 500);
            return undefined;
          },
        ],
      },
      [...begun, whole, "HEAD", "APPEND 500+500", ...ended],
    ],
    ["begun anew where it is gone at the look", { HEAD: [forgets] }, [...begun, ...anew]],
    ["begun anew where it is gone (410)", { HEAD: [answers(410)] }, [...begun, ...anew]],
    ["begun anew where it expired meanwhile", { APPEND: [forgets] }, [...begun, whole, "HEAD", ...anew]],
    [
      "begun anew where the append is answered by 410",
      { APPEND: [answers(410)], HEAD: [() => undefined, answers(410)] },
      [...begun, whole, "HEAD", ...anew],
    ],
    ["begun anew where it is gone at the end", { END: [forgets] }, [...begun, whole, ...ended, ...anew]],
    [
      "begun anew where it is gone at the end (410)",
      { END: [answers(410)] },
      [...begun, whole, ...ended, ...anew],
    ],
    [
      "the same where nobody told digests, part by part",
      {},
      [...begun, "APPEND 0+600", "HEAD", "APPEND 600+400", ...ended],
      { digests: false, limits: "max-append-size=600" },
    ],
    [
      "begun anew after a cut where nobody tells digests",
      { APPEND: [300] },
      [...begun, whole, "HEAD", ...anew],
      { digests: false },
    ],
  ])("%s", async (_name, incidents, log, serverOptions, options) => {
    const server = new UploadServer(incidents, serverOptions);
    expect(await put(server, options).outcome).toMatchObject({ status: 201, created: true, etag: '"kept"' });
    expect(server.log).toEqual(log);
    expect(isWhole(server)).toBe(true);
  });

  test("says what it is in each of its requests", async () => {
    const server = new UploadServer();
    const options = {
      contentType: "video/mp4",
      ifNoneMatch: "*",
      lockTokens: ["urn:uuid:1"],
      idempotencyKey: "k",
    };
    await put(server, options).outcome;
    const fieldsOf = (wanted: UploadStep): Record<string, string> =>
      Object.fromEntries(server.requests.find(({ step }) => step === wanted)?.headers ?? []);
    expect(fieldsOf("BEGIN")).toMatchObject({
      "upload-draft-interop-version": "8",
      "upload-complete": "?0",
      "upload-length": "1000",
      "if-none-match": "*",
      if: "(<urn:uuid:1>)",
    });
    expect(fieldsOf("BEGIN")).not.toHaveProperty("idempotency-key");
    expect(fieldsOf("HEAD")).toMatchObject({ "want-repr-digest": "sha-256=10" });
    expect(fieldsOf("APPEND")).toMatchObject({
      "content-type": "application/partial-upload",
      "upload-offset": "0",
      "upload-complete": "?0",
    });
    const end = fieldsOf("END");
    expect(end).toMatchObject({ "upload-offset": "1000", "idempotency-key": '"k"', if: "(<urn:uuid:1>)" });
    expect(end["repr-digest"]).toBe(`sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`);
  });

  test.each<[string, RequestContent]>([
    ["bytes", bytes],
    ["a Blob", new Blob([bytes])],
    ["in pieces", inPieces],
  ])("content that is %s goes on, too", async (_name, content) => {
    const server = new UploadServer({ APPEND: [333] });
    await put(server, {}, content).outcome;
    expect(server.log).toContain("APPEND 333+667");
    expect(isWhole(server)).toBe(true);
  });

  test("progress never falls, and tells where it went on, and how often", async () => {
    const server = new UploadServer({ APPEND: [300, 200] });
    const request = put(server);
    const sent: number[] = [];
    let last = {};
    for await (const progress of request.progress) {
      last = progress;
      if (progress.stage === "sending") sent.push(progress.done);
    }
    await request.outcome;
    expect(sent).toEqual(sent.toSorted((one, other) => one - other));
    expect(last).toMatchObject({ resumedAt: 500, resumptions: 2 });
  });

  test("one that nothing came between went on nowhere", async () => {
    const request = put(new UploadServer({}, { limits: "max-append-size=100" }));
    let last = {};
    for await (const progress of request.progress) last = progress;
    await request.outcome;
    expect(last).not.toHaveProperty("resumedAt");
  });
});

describe("content goes in one request", () => {
  const version = { "Upload-Draft-Interop-Version": "8" };
  test.each<[string, UploadServerOptions]>([
    ["where OPTIONS says nothing of uploads", { announced: {} }],
    [
      "where it speaks another version",
      { announced: { "Upload-Draft-Interop-Version": "7", "Upload-Limit": "min-size=0" } },
    ],
    ["where it tells no limits", { announced: version }],
    ["where its limits are malformed", { announced: { ...version, "Upload-Limit": "max-size=?1" } }],
    ["that is larger than it keeps", { limits: "max-size=999" }],
    ["that is smaller than it keeps", { limits: "min-size=1001" }],
    ["where parts have a least size: the last one may be smaller", { limits: "min-append-size=2" }],
    ["where parts may not have a byte", { limits: "max-append-size=0" }],
  ])("%s", async (_name, options) => {
    const server = new UploadServer({}, options);
    await put(server).outcome;
    expect(server.log).toEqual(["OPTIONS", "WHOLE"]);
    expect(isWhole(server)).toBe(true);
  });

  test.each([404, 405, 501])("where OPTIONS is answered by %i", async (code) => {
    const server = new UploadServer({ OPTIONS: [answers(code)] });
    await put(server).outcome;
    expect(server.log).toEqual(["OPTIONS", "WHOLE"]);
  });

  test.each<[string, UploadIncident]>([
    ["201 without a place", answers(201, { ETag: '"empty"' })],
    ["201 with a place that is none", answers(201, { Location: "http://[" })],
    ["204", answers(204)],
    ["201 and complete", answers(201, { Location: "/.uploads/1", "Upload-Complete": "?1" })],
  ])("where the beginning was taken for all of it, which is no success: %s", async (_name, incident) => {
    const server = new UploadServer({ BEGIN: [incident] });
    const putter = new Putter(server);
    expect(await putter.put().outcome).toMatchObject({ etag: '"whole"' });
    expect(isWhole(server)).toBe(true);
    await putter.put().outcome;
    expect(server.log).toEqual(["OPTIONS", "BEGIN", "WHOLE", "WHOLE"]);
  });

  test("what a server keeps is asked once; not being ready is no answer to it", async () => {
    const server = new UploadServer({ OPTIONS: [answers(503)] });
    const putter = new Putter(server);
    await putter.put().outcome;
    await putter.put().outcome;
    await putter.put().outcome;
    expect(server.log.filter((line) => line === "OPTIONS")).toHaveLength(2);
    expect(server.log.filter((line) => line === "WHOLE")).toHaveLength(1);
  });
});

describe("what is not this content is never gone on with", () => {
  const digestFor = (content: Uint8Array): string =>
    `sha-256=:${createHash("sha256").update(content).digest("base64")}:`;
  const at300 = { "Upload-Offset": "300", "Upload-Complete": "?0" };
  test.each<[string, UploadIncident]>([
    ["bytes of another", told({ ...at300, "Repr-Digest": digestFor(new Uint8Array(300)) })],
    ["a digest of another length", told({ ...at300, "Repr-Digest": "sha-256=:AAAA:" })],
    ["no digest", told(at300)],
    ["a digest of another kind alone", told({ ...at300, "Repr-Digest": "sha-512=:AAAA:" })],
    ["a malformed digest", told({ ...at300, "Repr-Digest": "sha-256=1" })],
    ["an offset beyond the end", told({ "Upload-Offset": "1001", "Upload-Complete": "?0" })],
    ["another length", told({ "Upload-Offset": "0", "Upload-Length": "999", "Upload-Complete": "?0" })],
    ["no offset", told({ "Upload-Complete": "?0" })],
    ["a malformed offset", told({ "Upload-Offset": "3.0", "Upload-Complete": "?0" })],
    ["complete before its end", told({ "Upload-Offset": "300", "Upload-Complete": "?1" })],
    ["a refusal to tell", answers(403)],
  ])("%s: it is begun anew", async (_name, incident) => {
    const server = new UploadServer({ HEAD: [incident] });
    await put(server).outcome;
    expect(server.log).toEqual([...begun, ...anew]);
    expect(isWhole(server)).toBe(true);
  });

  test("more than was sent, which is its beginning, is gone on with: whoever put it there", async () => {
    const server = new UploadServer({
      HEAD: [
        (there) => {
          there.newest.bytes = bytes.slice(0, 800);
          return undefined;
        },
      ],
    });
    await put(server).outcome;
    expect(server.log).toEqual([...begun, "APPEND 800+200", ...ended]);
    expect(isWhole(server)).toBe(true);
  });

  test("a server that goes back is sent that part again", async () => {
    const server = new UploadServer({
      APPEND: [700],
      HEAD: [
        () => undefined,
        () => undefined,
        (there) => {
          there.newest.bytes = bytes.slice(0, 200);
          return undefined;
        },
      ],
    });
    await put(server).outcome;
    expect(server.log).toEqual([
      ...[...begun, whole, "HEAD", "APPEND 700+300", "HEAD", "APPEND 200+800"],
      ...ended,
    ]);
    expect(isWhole(server)).toBe(true);
  });
});

describe("a server that never gets on is left in the end, and nothing is in place", () => {
  const always = (incident: UploadIncident): UploadIncident[] => Array.from({ length: 5000 }, () => incident);
  test.each<[string, Partial<Record<UploadStep, UploadIncident[]>>]>([
    ["it forgets each upload", { HEAD: always(forgets) }],
    ["it takes appends and has nothing", { APPEND: always(answers(204)) }],
    ["its offset fits never", { APPEND: always(answers(409)) }],
    ["it loses each append at its first byte", { APPEND: always(0) }],
    ["it has no answer to OPTIONS", { OPTIONS: always(loses) }],
    [
      "it begins uploads at another server",
      { BEGIN: always(answers(201, { Location: "https://other.example/u" })) },
    ],
  ])("%s", async (_name, incidents) => {
    const server = new UploadServer(incidents);
    const failure = await put(server).outcome.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(failure).toMatchObject({ mayHaveArrived: false });
    expect(server.content).toBeUndefined();
    expect(server.log.length).toBeLessThan(1500);
  });

  test("nobody knows the outcome where the completion is lost for ever", async () => {
    const server = new UploadServer({ END: always(loses) });
    await expect(put(server).outcome).rejects.toThrow(OutcomeUnknownError);
  });

  test("one that begins anew after a lost completion, and is refused for what is there then: unknown", async () => {
    const server = new UploadServer({
      END: [0],
      HEAD: [() => undefined, () => undefined, forgets],
      BEGIN: [() => undefined, answers(412)],
    });
    await expect(put(server, { ifNoneMatch: "*" }).outcome).rejects.toThrow(OutcomeUnknownError);
    expect(server.log).toEqual([...begun, whole, ...ended, "HEAD", "BEGIN"]);
  });
});

describe("refusals are the outcome of the PUT", () => {
  test.each<[UploadStep, number]>([
    ...[400, 403, 404, 409, 412, 413, 423, 507, 500].map((code) => ["BEGIN", code] as [UploadStep, number]),
    ...[400, 401, 403, 413, 415, 423, 507].map((code) => ["APPEND", code] as [UploadStep, number]),
    ...[400, 403, 412, 423, 507].map((code) => ["END", code] as [UploadStep, number]),
  ])("%s answered by %i", async (step, code) => {
    const server = new UploadServer({ [step]: [answers(code)] });
    const failure = await put(server).outcome.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpError);
    expect(failure).toMatchObject({ method: "PUT", status: code });
    expect(server.content).toBeUndefined();
  });
});

describe("an upload that is remembered", () => {
  const left = async (memory: UploadMemory, options: PutOptions = {}): Promise<UploadServer> => {
    const server = new UploadServer({ APPEND: [400, () => status(403)] });
    await expect(put(server, { memory, ...options }).outcome).rejects.toThrow(HttpError);
    server.log.length = 0;
    return server;
  };

  test("is gone on with by a later client, and forgotten once it is in place", async () => {
    const memory = remembering();
    const server = await left(memory);
    const request = put(server, { memory });
    let last = {};
    for await (const progress of request.progress) last = progress;
    await request.outcome;
    expect(server.log).toEqual(["OPTIONS", "HEAD", "APPEND 400+600", ...ended]);
    expect(last).toMatchObject({ resumedAt: 400, resumptions: 1 });
    expect(memory.text).toBeUndefined();
    expect(isWhole(server)).toBe(true);
  });

  test("is begun anew where the content is another now", async () => {
    const memory = remembering();
    const server = await left(memory);
    const other = bytes.map((byte) => byte ^ 1);
    await put(server, { memory }, other).outcome;
    expect(server.log).toEqual(["OPTIONS", "HEAD", ...anew]);
    expect(digest(server.content)).toBe(digest(other));
  });

  test("is none under other conditions", async () => {
    const memory = remembering();
    const server = await left(memory, { ifMatch: '"1"' });
    await put(server, { memory, ifMatch: '"2"' }).outcome;
    expect(server.log).toEqual(["OPTIONS", "DELETE", ...anew]);
    expect(server.uploads.size).toBe(1);
  });

  test("is ended, and none, where the file was changed since", async () => {
    const memory = remembering();
    memory.content = "of Monday";
    const server = await left(memory);
    memory.content = "of Tuesday";
    const changed = bytes.with(999, 0);
    await put(server, { memory }, changed).outcome;
    expect(server.log).toEqual(["OPTIONS", "DELETE", ...anew]);
    expect(digest(server.content)).toBe(digest(changed));
  });

  test("is begun anew where it expired", async () => {
    const memory = remembering();
    const server = await left(memory);
    server.uploads.clear();
    await put(server, { memory }).outcome;
    expect(server.log).toEqual(["OPTIONS", "HEAD", ...anew]);
    expect(isWhole(server)).toBe(true);
  });

  test("that a later client finds completed has its answer told again", async () => {
    const memory = remembering();
    const server = new UploadServer();
    await put(server, {
      memory: {
        recall: async () => undefined,
        async remember(text) {
          // Whoever kept it ended before it could be forgotten.
          if (text !== undefined) memory.text = text;
        },
      },
    }).outcome;
    server.log.length = 0;
    expect(await put(server, { memory }).outcome).toMatchObject({ status: 201, etag: '"kept"' });
    expect(server.log).toEqual(["OPTIONS", ...ended]);
  });

  test.each([
    "",
    "no JSON",
    "null",
    "{}",
    '{"place":"nowhere","judged":[]}',
    '{"place":"https://other.example/u","judged":[null,null,null,null]}',
  ])("as %j is none of ours", async (text) => {
    const server = new UploadServer();
    await put(server, { memory: remembering(text) }).outcome;
    expect(server.log).toEqual([...begun, whole, ...ended]);
  });
});

describe("the content", () => {
  test("that cannot be read any more ends it with the reason", async () => {
    const broken = new Error("the disk is gone");
    let opened = 0;
    const content: RequestContent = {
      length: total,
      async *open(start) {
        opened += 1;
        yield bytes.subarray(start, start + 10);
        throw broken;
      },
    };
    const server = new UploadServer();
    await expect(put(server, {}, content).outcome).rejects.toBe(broken);
    expect(opened).toBe(1);
    expect(server.content).toBeUndefined();
  });

  test("that is shorter than it was is not completed", async () => {
    const content: RequestContent = {
      length: total,
      async *open(start) {
        yield bytes.subarray(start, 900);
      },
    };
    const server = new UploadServer();
    const failure = await put(server, {}, content).outcome.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RangeError);
    expect(server.content).toBeUndefined();
  });

  test("that is changed after a cut is begun anew where its beginning is another", async () => {
    let now = bytes;
    const content: RequestContent = {
      length: total,
      async *open(start) {
        yield now.subarray(start);
      },
    };
    const memory = remembering();
    const server = new UploadServer({ APPEND: [400, () => status(403)] });
    const putter = new Putter(server);
    await expect(putter.put({ memory }, content).outcome).rejects.toThrow(HttpError);
    now = bytes.map((byte) => byte ^ 0xff);
    await putter.put({ memory }, content).outcome;
    expect(digest(server.content)).toBe(digest(now));
  });
});

test.each<UploadStep>(["OPTIONS", "BEGIN", "HEAD", "APPEND", "END"])(
  "cancelled while %s is on its way, nothing more is sent",
  async (step) => {
    const stop = new AbortController();
    const server = new UploadServer({
      [step]: [
        () => {
          stop.abort(new Error("enough"));
          throw lost();
        },
      ],
    });
    await expect(put(server, { signal: stop.signal }).outcome).rejects.toThrow("enough");
    expect(server.requests.at(-1)?.step).toBe(step);
    expect(server.content).toBeUndefined();
  },
);

describe("an upload that is cancelled", () => {
  const cancelledAt = async (
    step: UploadStep,
  ): Promise<{ server: UploadServer; memory: { text?: string | undefined } }> => {
    const memory = remembering();
    let cancelled: Promise<void> | undefined;
    const server: UploadServer = new UploadServer({
      [step]: [
        () => {
          cancelled = request.cancel();
          throw lost();
        },
      ],
    });
    const request = put(server, { memory });
    await expect(request.outcome).rejects.toThrow(CancelledError);
    await cancelled;
    return { server, memory };
  };

  test("is ended at the server, and forgotten", async () => {
    const { server, memory } = await cancelledAt("APPEND");
    expect(server.log).toEqual([...begun, whole, "DELETE"]);
    expect(server.uploads.size).toBe(0);
    expect(memory.text).toBeUndefined();
  });

  test("is not, once it may be in place", async () => {
    const { server } = await cancelledAt("END");
    expect(server.log).toEqual([...begun, whole, ...ended]);
  });

  test("whose server does not answer any more is cancelled all the same", async () => {
    const memory = remembering();
    const server: UploadServer = new UploadServer({
      APPEND: [
        () => {
          void request.cancel();
          throw lost();
        },
      ],
      DELETE: Array.from({ length: 20 }, () => loses),
    });
    const request = put(server, { memory });
    await expect(request.outcome).rejects.toThrow(CancelledError);
    await expect.poll(() => server.log.filter((step) => step === "DELETE").length).toBeGreaterThan(3);
    expect(memory.text).toBeUndefined();
  });
});
