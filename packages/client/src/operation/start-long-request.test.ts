import { describe, expect, test } from "vitest";
import { CancelledError } from "../error/operation-error.ts";
import type { LongRequest } from "./long-request.ts";
import type { LongRequestPlan } from "./long-request-plan.ts";
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

type Plan = Partial<LongRequestPlan<string>>;

/** The outcome in a few words: the status, and content that says something. */
async function read(response: Response): Promise<string> {
  const text = await response.text();
  return `${response.status}${text === "" ? "" : ` ${text.trim()}`}`;
}

function start(server: ScriptedServer, plan: Plan = {}): LongRequest<string> {
  return startLongRequest(server.context, {
    method: "COPY",
    url: at("/a"),
    headers: new Headers({ Destination: "http://h.example/b" }),
    read,
    ...plan,
  });
}

const lost: Reply = { lost: "lost" };
const silent: Reply = { hangs: true };
const refused: Reply = { lost: "refused" };
const reset: Reply = { lost: "lost", mayHaveArrived: false };
const keeps: Reply = { status: 200, headers: { DAV: "1, 2, <urn:meanwhile:operations:1>" } };
const keepsNot: Reply = { status: 200, headers: { DAV: "1, 2" } };
const first102 = { Location: "http://h.example/ops/1", Progress: "1/4" };
const told: Reply = { interims: [first102], lost: "lost" };
const accepted: Reply = { status: 202, headers: { Location: "/ops/1" } };

type Script = Parameters<typeof scriptedServer>[0];

describe("stories that end with the outcome", () => {
  test.each<[string, Script, string, Plan?]>([
    ["an answer at once", [["COPY /a", { status: 201 }]], "201"],
    [
      "102s before the answer",
      [["COPY /a", { status: 201, interims: [first102, { Progress: "3/4" }] }]],
      "201",
    ],
    [
      "a status document over a connection that is dead without a word",
      [
        ["COPY /a", told],
        ["GET /ops/1", silent],
        ["GET /ops/1", document("finished")],
        ["GET /ops/1/outcome", silent],
        ["GET /ops/1/outcome", outcome(201)],
      ],
      "201",
    ],
    [
      "a failure, beside which the status document is silent",
      [
        ["COPY /a", { status: 500, interims: [first102] }],
        ["GET /ops/1", silent],
      ],
      "500",
    ],
    ["a failure is the caller's to read", [["COPY /a", { status: 412 }]], "412"],
    [
      "a failure, whose first telling was lost",
      [
        ["COPY /a", lost],
        ["OPTIONS /a", keeps],
        ["COPY /a", { status: 412 }],
      ],
      "412",
    ],
    [
      "502 of a server that keeps no answers",
      [
        ["COPY /a", { status: 502 }],
        ["OPTIONS /a", keepsNot],
      ],
      "502",
    ],
    [
      "503 to content that can be sent but once, also of a server that keeps answers",
      [["COPY /a", { ...keeps, status: 503 }]],
      "503",
      { content: new ReadableStream<Uint8Array>() },
    ],
    [
      "503 of a server that cannot be asked",
      [
        ["COPY /a", { status: 503 }],
        ["OPTIONS /a", { status: 503 }],
      ],
      "503",
    ],
    [
      "lost, and the server keeps answers: sent again with its key",
      [
        ["COPY /a", lost],
        ["OPTIONS /a", keeps],
        ["COPY /a", { status: 201 }],
      ],
      "201",
    ],
    [
      "lost, and the server is away for a while before it can be asked",
      [
        ["COPY /a", lost],
        ["OPTIONS /a", refused],
        ["OPTIONS /a", { status: 503 }],
        ["OPTIONS /a", keeps],
        ["COPY /a", refused],
        ["COPY /a", { status: 502 }],
        ["COPY /a", { status: 204 }],
      ],
      "204",
    ],
    [
      "lost after the first 102: followed by its status document, and not sent again",
      [
        ["COPY /a", told],
        ["GET /ops/1", events(document("running"), document("finished"))],
        ["GET /ops/1/outcome", outcome(201)],
      ],
      "201",
    ],
    [
      "the server stops in the middle, and goes on when it is back",
      [
        ["COPY /a", told],
        ["GET /ops/1", events(document("running"))],
        ["GET /ops/1", refused],
        ["GET /ops/1", { status: 502 }],
        ["GET /ops/1", events(document("running"), document("finished"))],
        ["GET /ops/1/outcome", refused],
        ["GET /ops/1/outcome", outcome(204)],
      ],
      "204",
    ],
    [
      "a server that stops says where to go on",
      [
        ["COPY /a", { status: 503, headers: { Location: "/ops/1", "Retry-After": "1" } }],
        ["OPTIONS /a", keeps],
        ["GET /ops/1", events(document("finished"))],
        ["GET /ops/1/outcome", outcome(201)],
      ],
      "201",
    ],
    [
      "a 202 with a status document",
      [
        ["COPY /a", accepted],
        ["GET /ops/1", events(document("running"), document("finished"))],
        ["GET /ops/1/outcome", outcome(201)],
      ],
      "201",
    ],
    [
      "a 202, and a server that has 102s but no event stream",
      [
        ["COPY /a", accepted],
        ["GET /ops/1", { ...document("finished"), interims: [{ Progress: "2/4" }] }],
        ["GET /ops/1/outcome", outcome(201)],
      ],
      "201",
    ],
    [
      "a 202, and a server that can only be polled",
      [
        ["COPY /a", accepted],
        ["GET /ops/1", document("running")],
        ["GET /ops/1", document("running")],
        ["GET /ops/1", document("finished")],
        ["GET /ops/1/outcome", outcome(201)],
      ],
      "201",
    ],
    ["a 202 that leads nowhere", [["COPY /a", { status: 202 }]], "202"],
    [
      "a 202 that leads to another server, which gets no credentials",
      [["COPY /a", { status: 202, headers: { Location: "http://evil.example/ops/1" } }]],
      "202",
    ],
    [
      "another server's 202: polled while it says so, then redirected to the result",
      [
        ["COPY /a", accepted],
        ["GET /ops/1", { status: 202, headers: { "Retry-After": "7" } }],
        ["GET /ops/1", { status: 202, headers: { Location: "/ops/2" } }],
        ["GET /ops/2", { status: 303, headers: { Location: "/result" } }],
        ["GET /result", { content: "here" }],
      ],
      "200 here",
    ],
    [
      "another server's job in words, whose result is elsewhere",
      [
        ["COPY /a", { status: 202, headers: { "Operation-Location": "/jobs/1", Location: "/b" } }],
        ["GET /jobs/1", { content: { status: "Running" } }],
        ["GET /jobs/1", { content: { status: "Succeeded", resourceLocation: "/b" } }],
        ["GET /b", { content: "here" }],
      ],
      "200 here",
    ],
    [
      "ownCloud's job, finished",
      [
        ["MOVE /a", { status: 202, headers: { "OC-JobStatus-Location": "/jobs/1" } }],
        ["GET /jobs/1", { content: { status: "started", fileId: "", errorCode: 0 } }],
        ["GET /jobs/1", { content: { status: "finished", fileId: "7", ETag: '"e"', errorCode: 0 } }],
      ],
      "204",
      { method: "MOVE" },
    ],
    [
      "ownCloud's job, failed",
      [
        ["MOVE /a", { status: 202, headers: { "OC-JobStatus-Location": "/jobs/1" } }],
        ["GET /jobs/1", { content: { status: "error", errorCode: 423, errorMessage: "it is locked" } }],
      ],
      '423 {"status":423,"title":"it is locked"}',
      { method: "MOVE" },
    ],
    [
      "an outcome that is a 404 is no outcome that is gone",
      [
        ["DELETE /a", told],
        ["GET /ops/1", events(document("finished", { outcome: { status: 404, href: "/ops/1/outcome" } }))],
        ["GET /ops/1/outcome", outcome(404, { content: "nothing there" })],
      ],
      "404 nothing there",
      { method: "DELETE" },
    ],
    [
      "an outcome that is gone is retold from the document",
      [
        ["COPY /a", told],
        ["GET /ops/1", events(document("finished"))],
        ["GET /ops/1/outcome", { status: 404 }],
      ],
      '201 {"status":201,"title":"The content of this response is not kept."}',
    ],
    [
      "an outcome on another server is retold, not fetched",
      [
        ["COPY /a", told],
        [
          "GET /ops/1",
          events(document("finished", { outcome: { status: 204, href: "http://evil.example/" } })),
        ],
      ],
      "204",
    ],
    [
      "a multistatus that was too large to be kept lists the members that the document lists",
      [
        ["COPY /a", told],
        [
          "GET /ops/1",
          events(
            document("finished", {
              failed: [{ status: 423, uri: "http://h.example/a?<&" }],
              outcome: { status: 207, href: "/ops/1/outcome", truncated: true },
            }),
          ),
        ],
        ["GET /ops/1/outcome", outcome(207, { content: { title: "too large" } })],
      ],
      '207 <?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:"><D:response>' +
        "<D:href>http://h.example/a?&lt;&amp;</D:href><D:status>HTTP/1.1 423 </D:status></D:response></D:multistatus>",
    ],
    [
      "a recorded 503 says that nothing was done: the same key runs anew",
      [
        ["COPY /a", told],
        ["GET /ops/1", events(document("finished", { outcome: { status: 503, href: "/ops/1/outcome" } }))],
        ["GET /ops/1/outcome", outcome(503, { headers: { "Retry-After": "2" } })],
        ["COPY /a", { status: 201 }],
      ],
      "201",
    ],
    [
      "interrupted, and the server says that it may run again",
      [
        ["POST /a", told],
        ["GET /ops/1", events(document("interrupted", { outcome: { status: 503, href: "/ops/1/outcome" } }))],
        ["GET /ops/1/outcome", outcome(503)],
        ["POST /a", { status: 200 }],
      ],
      "200",
      { method: "POST" },
    ],
    [
      "interrupted, and putting it there once more is the same as once",
      [
        ["PUT /a", told],
        ["GET /ops/1", events(document("interrupted", { outcome: { status: 500, href: "/ops/1/outcome" } }))],
        ["GET /ops/1/outcome", outcome(500)],
        ["PUT /a", { status: 204 }],
      ],
      "204",
      { method: "PUT", content: "x" },
    ],
    [
      "safe, and lost: sent again to any server",
      [
        ["PROPFIND /a", lost],
        ["PROPFIND /a", lost],
        ["PROPFIND /a", { status: 207 }],
      ],
      "207",
      { method: "PROPFIND" },
    ],
    [
      "unsafe, and the caller wants it to be repeated",
      [
        ["COPY /a", lost],
        ["COPY /a", { status: 504 }],
        ["OPTIONS /a", keepsNot],
        ["COPY /a", { status: 201 }],
      ],
      "201",
      { repeat: true },
    ],
    [
      "the first connections were reset before anything was sent",
      [
        ["COPY /a", reset],
        ["COPY /a", reset],
        ["COPY /a", reset],
        ["COPY /a", { status: 201 }],
      ],
      "201",
    ],
    ...[500, 502, 503, 504, 429].map((status): [string, Script, string] => [
      `a ${status} that is given again is the key's answer, and nothing is waited for`,
      [
        ["COPY /a", lost],
        ["OPTIONS /a", keeps],
        ["COPY /a", { status, headers: { "Idempotency-Replayed": "true", "Retry-After": "60" } }],
      ],
      String(status),
    ]),
    [
      "a 429 that says when to come back, of a server that keeps answers",
      [
        ["COPY /a", { status: 429, headers: { "Retry-After": "5", Operations: "1" } }],
        ["COPY /a", { status: 201 }],
      ],
      "201",
    ],
  ])("%s", async (_what, script, expected, plan) => {
    const server = scriptedServer(script);
    expect(await start(server, plan).outcome).toBe(expected);
    expect(server.log).toEqual(script.map(([request]) => request));
  });
});

const says: Reply = { headers: { Operations: "1" } };

describe("what another request was answered is no leave to send this one again", () => {
  const get: Plan = { method: "GET", url: at("/reports"), headers: new Headers() };
  const post = (path: string): Plan => ({ method: "POST", url: at(path), headers: new Headers() });

  test.each<[string, Plan, Script]>([
    ["another URL", post("/reports"), [["POST /reports", { status: 200, ...says }]]],
    ["another method", { ...post("/pay"), method: "PUT" }, [["PUT /pay", { status: 204, ...says }]]],
    ["another query", post("/pay?test"), [["POST /pay", { status: 204, ...says }]]],
    ["a safe request", get, [["GET /reports", says]]],
    [
      "another URL, whose answer was kept in a status document",
      post("/reports"),
      [
        ["POST /reports", accepted],
        ["GET /ops/1", events(document("finished"))],
        ["GET /ops/1/outcome", outcome(201, says)],
      ],
    ],
    [
      "another URL, which said so in OPTIONS",
      post("/reports"),
      [
        ["POST /reports", lost],
        ["OPTIONS /reports", says],
        ["POST /reports", { status: 200, ...says }],
      ],
    ],
  ])("%s", async (_what, before, script) => {
    const own: Script = [
      ["POST /pay", lost],
      ["OPTIONS /pay", { headers: { Allow: "POST" } }],
    ];
    const server = scriptedServer([...script, ...own]);
    await start(server, before).outcome;
    await expect(start(server, post("/pay")).outcome).rejects.toMatchObject({ name: "OutcomeUnknownError" });
    expect(server.log).toEqual([...script, ...own].map(([request]) => request));
  });

  test.each<[string, Reply]>([
    ["that class speaks of WebDAV's methods", keeps],
    ["the resource does not have the method", { headers: { Operations: "1", Allow: "GET, PUT" } }],
    ["a refusal", { status: 403 }],
  ])("OPTIONS of the same URL is none either, where %s", async (_what, reply) => {
    const server = scriptedServer([
      ["POST /pay", lost],
      ["OPTIONS /pay", reply],
    ]);
    await expect(start(server, post("/pay")).outcome).rejects.toMatchObject({ name: "OutcomeUnknownError" });
  });

  test("where the status document was told, it is asked, whatever is known of the URL", async () => {
    const script: Script = [
      ["POST /pay", { status: 200, ...says }],
      ["POST /pay", told],
      ["GET /ops/1", events(document("finished"))],
      ["GET /ops/1/outcome", outcome(201)],
    ];
    const server = scriptedServer(script);
    expect(await start(server, post("/pay")).outcome).toBe("200");
    expect(await start(server, post("/pay")).outcome).toBe("201");
    expect(server.log).toEqual(script.map(([request]) => request));
  });

  test.each<[string, Script, Script]>([
    [
      "an earlier answer for the same URL and method",
      [["POST /pay", { status: 200, ...says }]],
      [
        ["POST /pay", lost],
        ["POST /pay", { status: 200 }],
      ],
    ],
    [
      "OPTIONS of the same URL, asked after the loss, each time",
      [
        ["POST /pay", lost],
        ["OPTIONS /pay", { headers: { Operations: "1", Allow: "POST" } }],
        ["POST /pay", { status: 200 }],
      ],
      [
        ["POST /pay", lost],
        ["OPTIONS /pay", says],
        ["POST /pay", { status: 200 }],
      ],
    ],
    [
      "the response in the same exchange",
      [["POST /pay", { status: 200 }]],
      [
        ["POST /pay", { status: 503, ...says }],
        ["POST /pay", lost],
        ["POST /pay", { status: 200 }],
      ],
    ],
  ])("%s is a leave", async (_what, first, second) => {
    const server = scriptedServer([...first, ...second]);
    await start(server, post("/pay")).outcome;
    expect(await start(server, post("/pay")).outcome).toBe("200");
    expect(server.log).toEqual([...first, ...second].map(([request]) => request));
    const keys = server.requests.filter(({ method }) => method === "POST").slice(-2);
    expect(new Set(keys.map(({ headers }) => headers.get("idempotency-key"))).size).toBe(1);
  });
});

describe("stories that end without it", () => {
  const unknown = expect.objectContaining({ name: "OutcomeUnknownError" });
  const connection = (code: string) => expect.objectContaining({ name: "ConnectionError", code });
  const http = (method: string, status: number) =>
    expect.objectContaining({ name: "HttpError", method, status });
  test.each<[string, Script, unknown, Plan?]>([
    ["nobody was ever there", [["COPY /a", refused]], connection("refused")],
    [
      "nobody was ever there, and the method is safe",
      [["GET /a", refused]],
      connection("refused"),
      { method: "GET" },
    ],
    [
      "whoever is there resets every connection",
      [
        ["COPY /a", reset],
        ["COPY /a", reset],
        ["COPY /a", reset],
        ["COPY /a", reset],
      ],
      connection("lost"),
    ],
    ["a wrong certificate", [["COPY /a", { lost: "tls", mayHaveArrived: false }]], connection("tls")],
    [
      "lost, and the server keeps no answers: never sent twice",
      [
        ["COPY /a", lost],
        ["OPTIONS /a", keepsNot],
      ],
      unknown,
    ],
    [
      "lost, and OPTIONS is refused: never sent twice",
      [
        ["COPY /a", lost],
        ["OPTIONS /a", { status: 405 }],
      ],
      unknown,
    ],
    ["content that can be read only once", [["COPY /a", lost]], unknown, { content: new ReadableStream() }],
    [
      "no byte for as long as the caller waits, from a server that keeps no answers",
      [
        ["COPY /a", { lost: "idle" }],
        ["OPTIONS /a", keepsNot],
      ],
      unknown,
    ],
    [
      "the same of a safe method: there is nothing to come back to",
      [["GET /a", { lost: "idle" }]],
      connection("idle"),
      { method: "GET" },
    ],
    [
      "the server has forgotten it",
      [
        ["COPY /a", told],
        ["GET /ops/1", { status: 404 }],
      ],
      unknown,
    ],
    [
      "it was cancelled by somebody else",
      [
        ["COPY /a", { interims: [first102], status: 409 }],
        ["GET /ops/1", document("cancelled", { outcome: { status: 409, href: "/ops/1/outcome" } })],
      ],
      expect.any(CancelledError),
    ],
    [
      "it was cancelled while the connection was lost",
      [
        ["COPY /a", told],
        ["GET /ops/1", events(document("cancelled"))],
      ],
      expect.any(CancelledError),
    ],
    [
      "interrupted, and doing it twice is not the same as once",
      [
        ["POST /a", told],
        ["GET /ops/1", events(document("interrupted", { outcome: { status: 500, href: "/ops/1/outcome" } }))],
        ["GET /ops/1/outcome", outcome(500)],
      ],
      unknown,
      { method: "POST" },
    ],
    [
      "interrupted, and the request names a state that may have changed by itself",
      [
        ["PUT /a", told],
        ["GET /ops/1", events(document("interrupted", { outcome: { status: 500, href: "/ops/1/outcome" } }))],
        ["GET /ops/1/outcome", outcome(500)],
      ],
      unknown,
      { method: "PUT", headers: new Headers({ "If-None-Match": "*" }) },
    ],
    [
      "interrupted and run again, it fails for a condition that the first run may have changed (RFC 9110 §13.1.2)",
      [
        ["PUT /a", told],
        ["GET /ops/1", events(document("interrupted", { outcome: { status: 503, href: "/ops/1/outcome" } }))],
        ["GET /ops/1/outcome", outcome(503)],
        ["PUT /a", { status: 412 }],
      ],
      unknown,
      { method: "PUT", headers: new Headers({ "If-None-Match": "*" }) },
    ],
    [
      "the same, where the interruption is told by the answer to the repetition",
      [
        ["PUT /a", lost],
        ["OPTIONS /a", keeps],
        ["PUT /a", { status: 503, headers: { "Retry-After": "1" } }],
        ["PUT /a", { status: 412 }],
      ],
      unknown,
      { method: "PUT", headers: new Headers({ "If-None-Match": "*" }) },
    ],
    [
      "the status document asks for credentials that are missing",
      [
        ["COPY /a", told],
        ["GET /ops/1", { status: 401 }],
      ],
      http("GET", 401),
    ],
    [
      "what stands there is no status document, so it is not taken for the answer",
      [
        ["COPY /a", told],
        ["GET /ops/1", { content: "<html>", headers: { "Content-Type": "text/html" } }],
      ],
      unknown,
    ],
    [
      "the key was used for another request (draft-ietf-httpapi-idempotency-key-header-07 §2.7)",
      [
        ["COPY /a", lost],
        ["OPTIONS /a", keeps],
        [
          "COPY /a",
          {
            status: 422,
            headers: { "Content-Type": "application/problem+json" },
            content: { title: "used" },
          },
        ],
      ],
      expect.objectContaining({
        name: "OutcomeUnknownError",
        cause: expect.objectContaining({ detail: "used", status: 422 }),
      }),
    ],
    [
      "no credentials on the second try says nothing of the first",
      [
        ["COPY /a", lost],
        ["OPTIONS /a", keeps],
        ["COPY /a", { status: 401 }],
      ],
      expect.objectContaining({ name: "OutcomeUnknownError", cause: http("COPY", 401) }),
    ],
    [
      "a job that was cancelled",
      [
        ["COPY /a", { status: 202, headers: { "Operation-Location": "/jobs/1" } }],
        ["GET /jobs/1", { content: { status: "Canceled" } }],
      ],
      expect.any(CancelledError),
    ],
  ])("%s", async (_what, script, expected, plan) => {
    const server = scriptedServer(script);
    await expect(start(server, plan).outcome).rejects.toEqual(expected);
    expect(server.log).toEqual(script.map(([request]) => request));
  });
});
