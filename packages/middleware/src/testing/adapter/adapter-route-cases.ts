/** Of each kind of answer: that it is what it is without the middleware, whichever way it takes. */
import assert from "node:assert/strict";
import { field } from "../raw-client.ts";
import {
  type AdapterCase,
  alice,
  comparable,
  documentPath,
  grown,
  plain,
  scene,
  uuid,
} from "./adapter-scene.ts";

const routes = ["/json", "/stream", "/file", "/redirect", "/same", "/empty", "/throws"] as const;

export const routeCases: readonly AdapterCase[] = [
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
];
