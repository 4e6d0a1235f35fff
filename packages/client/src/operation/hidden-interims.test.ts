/** Long requests over a network that hides interim responses and why a request failed, as browsers' fetch does. */
import { expect, test } from "vitest";
import type { LongRequest, RequestProgress } from "./long-request.ts";
import { startLongRequest } from "./start-long-request.ts";
import {
  at,
  document,
  events,
  outcome,
  type Reply,
  type ScriptedServer,
  scriptedServer,
} from "./testing/scripted-server.ts";

const hidesInterims = true;
const keeps: Reply = { headers: { DAV: "<urn:meanwhile:operations:1>" } };
const accepted: Reply = { status: 202, headers: { Location: "http://h.example/ops/1" } };

function start({ context }: ScriptedServer, method = "COPY"): LongRequest<Response> {
  return startLongRequest(context, {
    method,
    url: at("/a"),
    headers: new Headers(),
    read: async (response) => response,
  });
}

const preferences = ({ requests }: ScriptedServer): readonly (string | null)[] =>
  requests.map(({ headers }) => headers.get("prefer"));

test("the server is asked once whether it keeps answers, and then prefers a 202 from the first request on (RFC 7240 §4.1)", async () => {
  const server = scriptedServer(
    [
      ["OPTIONS /", keeps],
      ["COPY /a", accepted],
      ["GET /ops/1", events(document("running"), document("finished"))],
      ["GET /ops/1/outcome", outcome(201)],
      ["COPY /a", { status: 204 }],
    ],
    { hidesInterims },
  );
  const first = start(server);
  const news: RequestProgress[] = [];
  for await (const one of first.progress) news.push(one);
  expect((await first.outcome).status).toBe(201);
  expect(news.at(-1)).toMatchObject({ stage: "processing", done: 2, total: 4 });
  expect((await start(server).outcome).status).toBe(204);
  // Interim responses, which nobody would see, are not asked for anywhere.
  expect(preferences(server)).toEqual([null, "respond-async, wait=1", null, null, "respond-async, wait=1"]);
});

test("of a server that keeps none nothing is preferred, and a loss there is not repeated", async () => {
  const server = scriptedServer(
    [
      ["OPTIONS /", {}],
      ["COPY /a", { lost: "lost" }],
    ],
    { hidesInterims },
  );
  await expect(start(server).outcome).rejects.toMatchObject({ name: "OutcomeUnknownError" });
  expect(preferences(server)).toEqual([null, null]);
});

test("what changes nothing is sent without asking", async () => {
  const server = scriptedServer([["PROPFIND /a", { status: 207 }]], { hidesInterims });
  expect((await start(server, "PROPFIND").outcome).status).toBe(207);
  expect(preferences(server)).toEqual([null]);
});

test("where nobody ever answered, the request fails at once, and was not sent", async () => {
  const server = scriptedServer([["OPTIONS /", { lost: "lost" }]], { hidesInterims });
  await expect(start(server).outcome).rejects.toMatchObject({
    name: "ConnectionError",
    mayHaveArrived: false,
  });
  const safe = scriptedServer([["PROPFIND /a", { lost: "lost" }]], { hidesInterims });
  await expect(start(safe, "PROPFIND").outcome).rejects.toMatchObject({
    name: "ConnectionError",
    code: "lost",
  });
  expect([server.naps, safe.naps]).toEqual([[], []]);
});

test("where somebody has answered before, it comes back with the same key", async () => {
  const server = scriptedServer(
    [
      ["OPTIONS /", keeps],
      ["COPY /a", { lost: "lost" }],
      ["OPTIONS /a", keeps],
      ["COPY /a", { lost: "lost" }],
      ["COPY /a", { status: 201 }],
    ],
    { hidesInterims },
  );
  expect((await start(server).outcome).status).toBe(201);
  const copies = server.requests.filter(({ method }) => method === "COPY");
  const keys = copies.map(({ headers }) => headers.get("idempotency-key"));
  expect(keys).toEqual(['"key-1"', '"key-1"', '"key-1"']);
});

test("the wish of the caller stands", async () => {
  const server = scriptedServer(
    [
      ["OPTIONS /", keeps],
      ["COPY /a", { status: 201 }],
    ],
    { hidesInterims },
  );
  const headers = new Headers({ Prefer: "wait=30" });
  await startLongRequest(server.context, {
    method: "COPY",
    url: at("/a"),
    headers,
    read: async (response) => response,
  }).outcome;
  expect(preferences(server)).toEqual([null, "wait=30, respond-async"]);
});
