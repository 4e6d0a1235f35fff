/**
 * What every adapter keeps, as data for any test runner:
 *
 * ```ts
 * for (const { name, protocols, run } of adapterContract) test(name, () => run(subject, protocol));
 * ```
 */
import assert from "node:assert/strict";
import { createOperations, type Operations } from "@meanwhile/operations";
import type { ProcessingOptions } from "../processing/options.ts";
import {
  type AdapterProtocol,
  type AdapterSubject,
  type AppStory,
  chunk,
  createStory,
} from "./adapter-subject.ts";
import { framesOf } from "./frames-client.ts";
import { type ManualTimers, manualTimers } from "./manual-timers.ts";
import { field, http1Client, http2Client, type Seen, type SeenHead, type TestClient } from "./raw-client.ts";

export interface AdapterCase {
  readonly name: string;
  /** Default: both. */
  readonly protocols?: readonly AdapterProtocol[];
  /** Whether it waits more than it works, so that it may run beside others. */
  readonly waits?: boolean;
  run(subject: AdapterSubject, protocol: AdapterProtocol): Promise<void>;
}

interface Scene {
  readonly story: AppStory;
  readonly timers: ManualTimers;
  readonly operations: Operations;
  /** A new connection. */
  client(): TestClient;
  readonly port: number;
  readonly warnings: string[];
}

const uuid = "0b5c9f2a-5a43-4bfa-9c0d-8f3b8e2a7d11";
const alice = { Authorization: "Bearer alice" };

async function scene(
  subject: AdapterSubject,
  protocol: AdapterProtocol,
  play: (scene: Scene) => Promise<void>,
  options: ProcessingOptions = {},
): Promise<void> {
  const story = await createStory();
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after });
  const warnings: string[] = [];
  const served = await subject.serve(protocol, story, {
    operations,
    options: { warn: (message) => warnings.push(message), ...options },
  });
  const clients: TestClient[] = [];
  try {
    await play({
      story,
      timers,
      operations,
      warnings,
      port: served.port,
      client() {
        const client = connectTo(protocol, served.port);
        clients.push(client);
        return client;
      },
    });
  } finally {
    story.open();
    for (const client of clients) client.close();
    await served.close();
    await story.dispose();
  }
}

function connectTo(protocol: AdapterProtocol, port: number): TestClient {
  return protocol === "HTTP/2" ? http2Client(port) : http1Client(port);
}

/** What the app answers without the middleware. */
async function plain(subject: AdapterSubject, protocol: AdapterProtocol, path: string): Promise<Seen> {
  const story = await createStory();
  story.open();
  const served = await subject.serve(protocol, story, undefined);
  const client = connectTo(protocol, served.port);
  try {
    return await client.send("POST", path, {}, "").response();
  } finally {
    client.close();
    await served.close();
    await story.dispose();
  }
}

/** Without what is of the moment, and what the middleware says of itself. */
function comparable({ status, fields, content, trailers, interims }: Seen): unknown {
  const passing = new Set(["date", "operations", "content-length", "transfer-encoding"]);
  return {
    status,
    fields: fields
      .filter(([name]) => !passing.has(name))
      .map(([name, value]) => `${name}: ${value}`)
      .sort(),
    content: content.toString(),
    trailers,
    interims,
  };
}

const routes = ["/json", "/stream", "/file", "/redirect", "/same", "/empty", "/throws"] as const;

function documentPath(head: SeenHead): string {
  return new URL(field(head, "location") ?? "").pathname;
}

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Sends a request and lets it become an operation by its age. */
const grown = async ({ timers, operations, story }: Scene, runs = 1): Promise<void> => {
  await story.arrived(runs);
  timers.advance(200);
  timers.advance(200);
  await untilTrue(() => operations.open > 0);
};

export const adapterContract: readonly AdapterCase[] = [
  ...routes.flatMap((path): readonly AdapterCase[] => [
    {
      name: `${path}: an answer at once is what it is without the middleware`,
      run: (subject, protocol) =>
        scene(subject, protocol, async ({ story, client }) => {
          story.open();
          const seen = await client().send("POST", path, {}, "").response();
          assert.deepEqual(comparable(seen), comparable(await plain(subject, protocol, path)));
        }),
    },
    {
      name: `${path}: the answer of an operation from the start is what it is without the middleware`,
      run: (subject, protocol) =>
        scene(subject, protocol, async ({ story, client, operations }) => {
          const sent = client().send("POST", path, { Prefer: "respond-async, wait=1000" }, "");
          await story.arrived(1);
          assert.equal(operations.open, 1);
          story.open();
          const seen = await sent.response();
          assert.deepEqual(comparable(seen), comparable(await plain(subject, protocol, path)));
        }),
    },
    {
      name: `${path}: the answer of a request that became an operation is what it is without the middleware`,
      run: (subject, protocol) =>
        scene(subject, protocol, async (here) => {
          const sent = here.client().send("POST", path, {}, "");
          await grown(here);
          here.story.open();
          const seen = await sent.response();
          assert.deepEqual(comparable(seen), comparable(await plain(subject, protocol, path)));
        }),
    },
    {
      name: `${path}: after its client left, the same key gets the answer, and the handler ran once`,
      run: (subject, protocol) =>
        scene(subject, protocol, async ({ story, client, operations }) => {
          const key = { "Idempotency-Key": uuid, ...alice };
          const sent = client().send("POST", path, key, "x");
          await story.arrived(1);
          await sent.leave();
          story.open();
          const again = await client().send("POST", path, key, "x").response();
          await operations.idle();
          const known = await plain(subject, protocol, path);
          assert.equal(again.status, known.status);
          assert.equal(again.content.toString(), known.content.toString());
          assert.equal(story.runs, 1);
        }),
    },
    {
      name: `${path}: a 202, a second request on the same connection, and the outcome in the end (RFC 7240 §4.1)`,
      run: (subject, protocol) =>
        scene(subject, protocol, async ({ story, client, timers }) => {
          const connection = client();
          const sent = connection.send("POST", path, { Prefer: "respond-async", ...alice }, "x");
          await story.arrived(1);
          timers.advance(100);
          const accepted = await sent.response();
          assert.equal(accepted.status, 202);
          assert.equal(field(accepted, "preference-applied"), "respond-async");
          const document = documentPath(accepted);
          const running = await connection.send("GET", document, alice).response();
          assert.equal(JSON.parse(running.content.toString()).state, "running");
          story.open();
          const wait = { ...alice, Prefer: "wait=10" };
          const finished = await connection.send("GET", document, wait).response();
          const known = await plain(subject, protocol, path);
          assert.equal(JSON.parse(finished.content.toString()).outcome.status, known.status);
          const outcome = await connection.send("GET", `${document}/outcome`, alice).response();
          assert.equal(outcome.status, known.status);
          assert.equal(outcome.content.toString(), known.content.toString());
          assert.equal(field(outcome, "set-cookie"), undefined);
        }),
    },
  ]),
  {
    name: "the status document shows progress, to its principal only: others get 404",
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client, timers }) => {
        const sent = client().send("POST", "/progress", { Prefer: "respond-async", ...alice }, "x");
        await story.arrived(1);
        timers.advance(100);
        const accepted = await sent.response();
        const document = documentPath(accepted);
        const shown = JSON.parse((await client().send("GET", document, alice).response()).content.toString());
        assert.equal(shown.progress.done, 3);
        assert.equal(shown.progress.total, 4);
        const foreign = await client().send("GET", document, { Authorization: "Bearer bob" }).response();
        assert.equal(foreign.status, 404);
      }),
  },
  {
    name: "nobody gets a 102 without asking, as nothing is declared",
    run: (subject, protocol) =>
      scene(
        subject,
        protocol,
        async (here) => {
          const sent = here.client().send("POST", "/json", { "User-Agent": "curl/8.5.0" }, "x");
          await grown(here);
          await new Promise((resolve) => setTimeout(resolve, 50));
          here.story.open();
          assert.deepEqual((await sent.response()).interims, []);
        },
        { after: 0 },
      ),
  },
  {
    name: "the same key joins the running operation; other principals, and guessable keys of nobody, run anew",
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client }) => {
        const first = client().send("POST", "/json", { "Idempotency-Key": "a", ...alice }, "x");
        await story.arrived(1);
        const joined = client().send("POST", "/json", { "Idempotency-Key": '"a"', ...alice }, "x");
        const other = { "Idempotency-Key": "a", Authorization: "Bearer bob" };
        const bob = client().send("POST", "/json", other, "x");
        await story.arrived(2);
        const nobody = [0, 1].map(() => client().send("POST", "/json", { "Idempotency-Key": "a" }, "x"));
        await story.arrived(4);
        story.open();
        const answers = await Promise.all([first, joined, bob, ...nobody].map((sent) => sent.response()));
        assert.deepEqual(
          answers.map(({ status, content }) => [status, content.toString()]),
          answers.map(() => [201, '{"made":"it"}']),
        );
        assert.equal(story.runs, 4);
      }),
  },
  {
    name: "a key with other content, or another target, gets 422; a malformed one 400 (Idempotency-Key draft §2.7)",
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client }) => {
        const key = { "Idempotency-Key": uuid };
        const first = client().send("POST", "/upload", key, "one");
        await story.arrived(1);
        story.open();
        assert.equal((await first.response()).status, 200);
        assert.equal((await client().send("POST", "/upload", key, "two").response()).status, 422);
        assert.equal((await client().send("POST", "/json", key, "one").response()).status, 422);
        assert.equal((await client().send("POST", "/upload", key, "one").response()).status, 200);
        const bad = await client().send("POST", "/upload", { "Idempotency-Key": "a b" }, "one").response();
        assert.equal(bad.status, 400);
        assert.equal(story.runs, 1);
      }),
  },
  {
    name: "a handler that reads its content late reads all of it, also after a 202",
    protocols: ["HTTP/1.1"],
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client, timers }) => {
        const connection = client();
        const content = "y".repeat(10_000);
        const sent = connection.send("POST", "/upload", { Prefer: "respond-async", ...alice }, content);
        await story.arrived(1);
        await new Promise<void>((resolve) => setTimeout(resolve, 20));
        timers.advance(100);
        const document = documentPath(await sent.response());
        story.open();
        await connection.send("GET", document, { ...alice, Prefer: "wait=10" }).response();
        const outcome = await connection.send("GET", `${document}/outcome`, alice).response();
        assert.equal(outcome.content.toString(), "10000");
      }),
  },
  ...(["respond-async", "processing"] as const).map(
    (preference): AdapterCase => ({
      name: `Prefer: ${preference}: nothing comes before the last byte of the request, then it does (RFC 2518 §10.1)`,
      waits: preference === "processing",
      run: (subject, protocol) =>
        scene(subject, protocol, async ({ story, client, timers, operations }) => {
          const content = "z".repeat(4000);
          const announced = { "Content-Length": String(content.length), Prefer: preference, ...alice };
          const sent = client().send("POST", "/upload", announced, content.slice(0, -1));
          await story.arrived(1);
          assert.equal(operations.open, 1);
          const first = sent.head();
          let came = false;
          first.then(() => {
            came = true;
          }, assert.ifError);
          timers.advance(100);
          timers.advance(60_000);
          // The first 102 of one who asks comes after a second; a 202 by the timers above.
          const waitMs = preference === "processing" ? 1200 : 50;
          await new Promise<void>((resolve) => setTimeout(resolve, waitMs));
          await client().send("GET", "/nowhere").response();
          assert.equal(came, false);
          sent.rest(content.slice(-1));
          const { status } = await first;
          assert.equal(status, preference === "processing" ? 102 : 202);
          story.open();
          if (preference === "processing") assert.equal((await sent.response()).content.toString(), "4000");
          await operations.idle();
        }),
    }),
  ),
  {
    name: "Prefer: processing: 102 with Location and Progress, then the final response that links to the document",
    waits: true,
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client }) => {
        const sent = client().send("POST", "/progress", { Prefer: "processing", ...alice }, "x");
        const interim = await sent.head();
        assert.equal(interim.status, 102);
        assert.match(field(interim, "location") ?? "", /^http:\/\/api\.example\/\.meanwhile\/operations\/./);
        assert.match(field(interim, "progress") ?? "", /^3\/4/);
        story.open();
        const final = await sent.response();
        assert.equal(final.status, 200);
        assert.match(field(final, "link") ?? "", /rel="status"/);
        assert.equal(final.content.toString(), "done");
      }),
  },
  {
    name: "102s are HEADERS that do not end the stream, before those of the final response (RFC 9113 §8.1)",
    protocols: ["HTTP/2"],
    waits: true,
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, port }) => {
        const asks = framesOf(port, "POST", "/progress", { Prefer: "processing", ...alice });
        await story.arrived(1);
        await new Promise<void>((resolve) => setTimeout(resolve, 1200));
        story.open();
        const [interim, final, ...content] = await asks;
        assert.deepEqual(interim, { type: "HEADERS", endStream: false, status: 102 });
        assert.deepEqual(final, { type: "HEADERS", endStream: false, status: 200 });
        assert.ok(content.length > 0);
        assert.deepEqual(
          content.map(({ type, endStream }) => [type, endStream]),
          content.map((_frame, index) => ["DATA", index === content.length - 1]),
        );
      }),
  },
  {
    name: "a 202 ends its stream while the handler goes on (RFC 7240 §4.1)",
    protocols: ["HTTP/2"],
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, port, timers, operations }) => {
        const asks = framesOf(port, "POST", "/json", { Prefer: "respond-async", ...alice });
        await story.arrived(1);
        timers.advance(100);
        const frames = await asks;
        assert.equal(frames[0]?.status, 202);
        assert.deepEqual(
          frames.map(({ endStream }) => endStream),
          frames.map((_frame, index) => index === frames.length - 1),
        );
        assert.equal(operations.open, 1);
      }),
  },
  {
    name: "a client that leaves in the middle of a stream finds all of it by its key",
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client }) => {
        const key = { "Idempotency-Key": uuid };
        const sent = client().send("POST", "/stream", key, "x");
        await story.arrived(1);
        story.open();
        assert.equal((await sent.head()).status, 200);
        await sent.leave();
        const again = await client().send("POST", "/stream", key, "x").response();
        assert.equal(again.content.toString(), chunk.repeat(4));
        assert.equal(story.runs, 1);
      }),
  },
  {
    name: "an interim status as the final one is a 500",
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client, warnings }) => {
        story.open();
        assert.equal((await client().send("POST", "/interim", {}, "x").response()).status, 500);
        const async = { Prefer: "respond-async, wait=100" };
        assert.equal((await client().send("POST", "/interim", async, "x").response()).status, 500);
        assert.ok(warnings.some((warning) => /interim/.test(warning)));
      }),
  },
  {
    name: "a handler that does not answer within the deadline: 500",
    run: (subject, protocol) =>
      scene(
        subject,
        protocol,
        async (here) => {
          const sent = here.client().send("POST", "/json", {}, "x");
          await grown(here);
          here.timers.advance(60_000);
          assert.equal((await sent.response()).status, 500);
        },
        { deadline: "1m" },
      ),
  },
  {
    name: "head begun, client gone, no end: after a while nobody knows what became of it",
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client, timers, operations }) => {
        const key = { "Idempotency-Key": uuid };
        const sent = client().send("POST", "/half", key, "x");
        await story.arrived(1);
        story.open();
        await sent.head();
        await sent.leave();
        const again = client().send("POST", "/half", key, "x");
        const before = timers.pending;
        await untilTrue(() => timers.pending >= before);
        while (operations.open > 0) {
          timers.advance(60_000);
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
        const answer = await again.response();
        assert.equal(answer.status, 500);
        assert.match(answer.content.toString(), /interrupted/);
        assert.equal(story.runs, 1);
      }),
  },
  {
    name: "a process that stops tells those who wait: 503 with Retry-After and Location",
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client, operations }) => {
        const sent = client().send("POST", "/json", { Prefer: "respond-async, wait=1000" }, "x");
        await story.arrived(1);
        operations.abandon();
        const seen = await sent.response();
        assert.equal(seen.status, 503);
        assert.ok(field(seen, "retry-after"));
        assert.ok(field(seen, "location"));
      }),
  },
  {
    name: "pipelined requests are answered in their order, the first one with 102s and late",
    protocols: ["HTTP/1.1"],
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client }) => {
        const connection = client();
        const first = connection.send("POST", "/json", { Prefer: "processing" }, "x").response();
        const second = connection
          .send("POST", "/stream", { Prefer: "respond-async, wait=100" }, "x")
          .response();
        const third = connection.send("POST", "/json", {}, "x").response();
        await story.arrived(3);
        story.open();
        assert.deepEqual(
          (await Promise.all([first, second, third])).map(({ status, content }) => [status, content.length]),
          [
            [201, 13],
            [200, 4 * chunk.length],
            [201, 13],
          ],
        );
      }),
  },
];
