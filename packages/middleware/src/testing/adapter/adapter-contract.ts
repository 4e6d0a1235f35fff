/**
 * What every adapter keeps, as data for any test runner:
 *
 * ```ts
 * for (const { name, protocols, run } of adapterContract) test(name, () => run(subject, protocol));
 * ```
 */
import assert from "node:assert/strict";
import type { ProcessingOptions } from "../../request/options.ts";
import { field } from "../raw-client.ts";
import { interimCases } from "./adapter-interim-cases.ts";
import { routeCases } from "./adapter-route-cases.ts";
import { type AdapterCase, alice, documentPath, grown, scene, untilTrue, uuid } from "./adapter-scene.ts";
import { chunk } from "./adapter-subject.ts";

export const adapterContract: readonly AdapterCase[] = [
  ...routeCases,
  ...interimCases,
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
          // A 102 would have gone before this answer.
          await here.client().send("GET", "/nowhere").response();
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
    name: "every response to an unsafe request announces operations, and so does that to OPTIONS; others do not",
    run: async (subject, protocol) => {
      const announces = (method: string, expected: string | undefined, options: ProcessingOptions = {}) =>
        scene(
          subject,
          protocol,
          async ({ story, client }) => {
            story.open();
            const content = method === "POST" ? "x" : undefined;
            const response = await client().send(method, "/json", {}, content).response();
            assert.equal(field(response, "operations"), expected);
          },
          options,
        );
      await announces("POST", "1");
      await announces("OPTIONS", "1");
      await announces("GET", undefined);
      // What some other rule selects, OPTIONS cannot know.
      await announces("OPTIONS", undefined, { when: ({ method }) => method === "POST" });
    },
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
