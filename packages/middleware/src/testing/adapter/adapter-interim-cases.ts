/** When 102s and 202s come, and how: not before the request was received, and not as the end of it. */
import assert from "node:assert/strict";
import { framesOf } from "../frames-client.ts";
import { field } from "../raw-client.ts";
import { type AdapterCase, alice, documentPath, scene } from "./adapter-scene.ts";

/** Where no 102 could be sent it is tried again after `every`, or a second, whichever is less. */
const lookOften = { every: 50 };

export const interimCases: readonly AdapterCase[] = [
  {
    name: "a handler that reads its content late reads all of it, also after a 202",
    protocols: ["HTTP/1.1"],
    run: (subject, protocol) =>
      scene(subject, protocol, async ({ story, client, timers }) => {
        const connection = client();
        const content = "y".repeat(10_000);
        const sent = connection.send("POST", "/upload", { Prefer: "respond-async", ...alice }, content);
        await story.arrived(1);
        // What was sent before this is there by then.
        await client().send("GET", "/nowhere").response();
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
        scene(
          subject,
          protocol,
          async ({ story, client, timers, operations }) => {
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
            // One that came later is told twice that it takes long; a 202 comes by the timers above.
            const later = client().send("POST", "/progress", { Prefer: "processing", ...alice }, "x");
            for (let told = 0; told < 2; told += 1) assert.equal((await later.head()).status, 102);
            assert.equal(came, false);
            sent.rest(content.slice(-1));
            const { status } = await first;
            assert.equal(status, preference === "processing" ? 102 : 202);
            story.open();
            if (preference === "processing") assert.equal((await sent.response()).content.toString(), "4000");
            await operations.idle();
          },
          lookOften,
        ),
    }),
  ),
  {
    name: "Prefer: processing: 102 with Location and Progress, then the final response that links to the document",
    waits: true,
    run: (subject, protocol) =>
      scene(
        subject,
        protocol,
        async ({ story, client }) => {
          const sent = client().send("POST", "/progress", { Prefer: "processing", ...alice }, "x");
          const interim = await sent.head();
          assert.equal(interim.status, 102);
          assert.match(
            field(interim, "location") ?? "",
            /^http:\/\/api\.example\/\.meanwhile\/operations\/./,
          );
          assert.match(field(interim, "progress") ?? "", /^3\/4/);
          story.open();
          const final = await sent.response();
          assert.equal(final.status, 200);
          assert.match(field(final, "link") ?? "", /rel="status"/);
          assert.equal(final.content.toString(), "done");
        },
        lookOften,
      ),
  },
  {
    name: "102s are HEADERS that do not end the stream, before those of the final response (RFC 9113 §8.1)",
    protocols: ["HTTP/2"],
    waits: true,
    run: (subject, protocol) =>
      scene(
        subject,
        protocol,
        async ({ story, client, port }) => {
          const asks = framesOf(port, "POST", "/progress", { Prefer: "processing", ...alice });
          await story.arrived(1);
          // One that came later is told so after it.
          assert.equal(
            (await client().send("POST", "/progress", { Prefer: "processing" }, "x").head()).status,
            102,
          );
          story.open();
          const frames = await asks;
          const at = frames.findIndex(({ status }) => status === 200);
          assert.ok(at > 0);
          for (const interim of frames.slice(0, at)) {
            assert.deepEqual(interim, { type: "HEADERS", endStream: false, status: 102 });
          }
          const [final, ...content] = frames.slice(at);
          assert.deepEqual(final, { type: "HEADERS", endStream: false, status: 200 });
          assert.ok(content.length > 0);
          assert.deepEqual(
            content.map(({ type, endStream }) => [type, endStream]),
            content.map((_frame, index) => ["DATA", index === content.length - 1]),
          );
        },
        lookOften,
      ),
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
];
