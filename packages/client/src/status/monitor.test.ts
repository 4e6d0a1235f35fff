import { describe, expect, test } from "vitest";
import { monitorOf } from "./accepted.ts";
import { type MonitorKind, problemResponse, readMonitor } from "./monitor.ts";
import { longestDocument } from "./status-document.ts";

describe("monitorOf finds where to follow a 202 (RFC 9110 §15.3.3)", () => {
  const base = new URL("https://h.example/a");
  test.each<[string, Record<string, string>, string | undefined, MonitorKind?]>([
    ["Location", { Location: "/ops/1" }, "/ops/1", "anything"],
    [
      "Operation-Location before Location",
      { Location: "/b", "Operation-Location": "/ops/1" },
      "/ops/1",
      "job",
    ],
    ["ownCloud's field", { "OC-JobStatus-Location": "/ops/1/job" }, "/ops/1/job", "job"],
    ["Content-Location", { "Content-Location": "/ops/1" }, "/ops/1", "anything"],
    [
      "the next one, where the first leads elsewhere",
      { "Operation-Location": "https://evil.example/", Location: "/1" },
      "/1",
      "anything",
    ],
    ["nothing on another origin", { Location: "https://evil.example/ops/1" }, undefined],
    [
      "nothing in the target itself",
      { Location: "https://h.example/a", "Content-Location": "/a" },
      undefined,
    ],
    ["nothing where nothing is", {}, undefined],
  ])("in %s", (_what, headers, path, expected) => {
    const monitor = monitorOf(new Response(null, { status: 202, headers }), base);
    expect(monitor?.url.pathname).toBe(path);
    expect(monitor?.expected).toBe(expected);
  });
});

describe("readMonitor", () => {
  const json = (content: unknown, init: ResponseInit = {}): Response => Response.json(content, init);

  test.each<[string, Response, MonitorKind, string]>([
    ["a status document", json({ version: 1, state: "running" }), "anything", "document"],
    ["a 202", json({}, { status: 202 }), "anything", "pending"],
    ["a job that runs", json({ status: "started" }), "job", "pending"],
    ["a job in a word that nobody knows", json({ status: "Warming up" }), "job", "pending"],
    ["a job that is done", json({ status: "Completed" }), "job", "result"],
    [
      "a job whose result is elsewhere",
      json({ status: "succeeded", resourceLocation: "/b" }),
      "job",
      "elsewhere",
    ],
    ["a job that failed", json({ status: "FAILED" }), "job", "result"],
    ["a job that was cancelled", json({ status: "Canceled" }), "job", "cancelled"],
    ["JSON that is no job", json({ name: "a" }), "job", "result"],
    ["JSON that is no object", json([1]), "job", "result"],
    ["a thing that has a status", json({ status: "running" }), "anything", "result"],
    ["no JSON", new Response("<a/>"), "job", "result"],
    ["a failure", json({ version: 1, state: "running" }, { status: 500 }), "job", "result"],
  ])("takes %s for what it is", async (_what, response, expected, kind) => {
    expect((await readMonitor(response, expected)).kind).toBe(kind);
  });

  test("a result can still be read, be it ever so long", async () => {
    const long = JSON.stringify({ text: "x".repeat(longestDocument + 1) });
    const response = new Response(long, { headers: { "Content-Type": "application/json" } });
    const state = await readMonitor(response, "anything");
    if (state.kind !== "result") throw new Error(state.kind);
    expect((await state.response.text()).length).toBe(long.length);
  });

  test("a job that failed says why, in the status that it names if that is one", async () => {
    const of = async (job: object): Promise<readonly [number, unknown]> => {
      const state = await readMonitor(json(job), "job");
      if (state.kind !== "result") throw new Error(state.kind);
      return [state.response.status, await state.response.json()];
    };
    expect(await of({ status: "error", errorCode: 423, errorMessage: "locked" })).toEqual([
      423,
      { status: 423, title: "locked" },
    ]);
    expect(await of({ status: "failed", error: { message: "no" }, errorCode: 200 })).toEqual([
      500,
      { status: 500, title: "no" },
    ]);
  });

  test("a finished job of ownCloud's gives the ETag, unless it is none", async () => {
    const of = async (ETag: unknown) => {
      const state = await readMonitor(json({ status: "finished", fileId: "", ETag }), "job");
      if (state.kind !== "result") throw new Error(state.kind);
      return [state.response.status, state.response.headers.get("etag")];
    };
    expect(await of('"a"')).toEqual([204, '"a"']);
    expect(await of("a\r\nX: y")).toEqual([204, null]);
    expect(await of(7)).toEqual([204, null]);
  });
});

test.each([200, 204, 205, 304, 423, 599])("problemResponse makes a response of status %d", (status) => {
  expect(problemResponse(status, "x").status).toBe(status);
});
