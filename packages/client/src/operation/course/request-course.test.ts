import { describe, expect, test } from "vitest";
import { ConnectionError, type ConnectionErrorCode } from "../../error/connection-error.ts";
import { HttpError } from "../../error/http-error.ts";
import { readStatusDocument, type StatusDocument } from "../../status/status-document.ts";
import type { Course, CourseEvent, CourseFacts, CourseRequest } from "./course.ts";
import { begin, next } from "./request-course.ts";

const url = new URL("https://files.example/a");
const status = new URL("https://files.example/status/1");
const put: CourseRequest = {
  ...{ method: "PUT", url, safe: false, mayRepeat: false, repeatable: true, repeatsItself: true },
};
const post: CourseRequest = { ...put, method: "POST", repeatsItself: false };
const report: CourseRequest = { ...post, method: "REPORT", safe: true };

const nothing: CourseFacts = {
  url: undefined,
  met: true,
  hidesInterims: false,
  interimsBreak: false,
  keptBefore: false,
  stopped: false,
};

const lost = (code: ConnectionErrorCode = "lost", mayHaveArrived = true): CourseEvent => ({
  kind: "lost",
  error: new ConnectionError(code, code, { mayHaveArrived }),
});
const answered = (code: number, headers: Record<string, string> = {}): CourseEvent => ({
  kind: "answered",
  response: new Response(null, { status: code, headers }),
});
const read = (code: number, headers: Record<string, string> = {}): CourseEvent => ({
  kind: "read",
  response: new Response(null, { status: code, headers }),
});
const asked = (keeps: boolean | undefined): CourseEvent => ({ kind: "asked", keeps });
const resumed: CourseEvent = { kind: "resumed", response: undefined };
const rested: CourseEvent = { kind: "rested" };
const silent: CourseEvent = { kind: "silent", error: "silence" };
const gone: CourseEvent = {
  kind: "followed",
  ending: {
    kind: "gone",
    cause: new HttpError({ method: "GET", url: status, status: 404, headers: new Headers() }),
  },
};
const shown = (state: string): StatusDocument => {
  const outcome = state === "running" ? {} : { outcome: { status: 503 } };
  const document = readStatusDocument(JSON.stringify({ version: 1, state, ...outcome }));
  if (document === undefined) throw new Error("it is no document");
  return document;
};
const followed = (state: string): CourseEvent => ({
  kind: "followed",
  ending: { kind: "document", document: shown(state), url: status },
});

/** What is done after each event; events may bring facts that are true from then on. */
function story(
  request: CourseRequest,
  ...events: readonly (CourseEvent | Partial<CourseFacts>)[]
): readonly string[] {
  let { course, effects } = begin(request);
  let facts = nothing;
  const told = [effects.map(({ kind }) => kind).join(" ")];
  for (const event of events) {
    if (!("kind" in event)) {
      facts = { ...facts, ...event };
      continue;
    }
    const known: URL | undefined = facts.url ?? (course as Course).url;
    ({ course, effects } = next(course, event, { ...facts, url: known }));
    told.push(
      effects
        .map((effect) => (effect.kind === "fail" && effect.unknown ? "fail: unknown" : effect.kind))
        .join(" "),
    );
  }
  return told;
}

describe("the course of a request", () => {
  test("an answer is the end", () => {
    expect(story(post, answered(201))).toEqual(["send", "end"]);
  });

  test("a 202 is followed to its outcome", () => {
    const accepted = answered(202, { Location: status.href });
    expect(story(post, accepted, followed("finished"), read(200))).toEqual([
      "send",
      "abandon alive follow",
      "learn-operations read-outcome",
      "end",
    ]);
    expect(story(post, answered(202))).toEqual(["send", "end"]);
  });

  test("after a loss the status document is followed, and the request is not sent again", () => {
    expect(story(post, { url: status }, lost())).toEqual(["send", "follow"]);
  });

  test("a status document that is gone is no leave to send again, but for what changes nothing", () => {
    expect(story(post, { url: status }, lost(), gone)).toEqual(["send", "follow", "fail: unknown"]);
    expect(story(report, { url: status }, lost(), gone).at(-1)).toBe("resume");
  });

  test("after a loss without a status document it is asked whether the server keeps answers", () => {
    const ways = ["send", "resume", "ask-whether-kept"];
    expect(story(post, lost(), resumed, asked(true), rested)).toEqual([...ways, "rest", "send"]);
    expect(story(post, lost(), resumed, asked(false))).toEqual([...ways, "fail: unknown"]);
    expect(story(post, lost(), resumed, asked(undefined))).toEqual([...ways, "fail: unknown"]);
    expect(story(post, lost(), resumed, silent)).toEqual([...ways, "fail: unknown"]);
  });

  test("what has not arrived is sent again, to any server", () => {
    expect(story(post, lost("lost", false), rested)).toEqual(["send", "rest", "send"]);
    expect(story({ ...post, repeatable: false }, lost("lost", false))).toEqual(["send", "fail"]);
  });

  test("an upload that was gone on with ends as that did", () => {
    const response = new Response(null, { status: 204 });
    expect(story(put, lost(), { kind: "resumed", response })).toEqual(["send", "resume", "end"]);
  });

  test("a server that was never there is given up at once, but for three losses", () => {
    const stranger = { met: false };
    expect(story(post, stranger, lost("refused", false))).toEqual(["send", "fail"]);
    const again = [lost("lost", false), rested];
    const ways = story(post, stranger, ...again, ...again, ...again, lost("lost", false));
    expect(ways).toEqual(["send", "rest", "send", "rest", "send", "rest", "send", "fail"]);
    expect(story(post, { ...stranger, hidesInterims: true }, lost("lost", false))).toEqual(["send", "fail"]);
  });

  test("what changes nothing is sent again twenty times", () => {
    const again = [lost(), resumed, rested];
    const ways = story(
      report,
      ...Array.from({ length: 21 }, () => again)
        .flat()
        .slice(0, -1),
    );
    expect(ways.filter((way) => way === "send")).toHaveLength(21);
    expect(ways.at(-1)).toBe("fail");
  });

  test("a server that is not ready is asked whether it keeps answers; its answer stands if not", () => {
    expect(story(post, answered(503), asked(false))).toEqual(["send", "ask-whether-kept", "end"]);
    expect(story(post, answered(503), asked(undefined))).toEqual(["send", "ask-whether-kept", "end"]);
    expect(story(post, answered(503, { Operations: "1" }), rested)).toEqual(["send", "rest", "abandon send"]);
    expect(story(post, answered(503, { Operations: "1" }), silent)).toEqual(["send", "rest", "end"]);
  });

  test("a server that stops says where the operation goes on", () => {
    const stopping = answered(503, { Operations: "1", Location: status.href });
    expect(story(post, stopping)).toEqual(["send", "abandon follow"]);
  });

  test("what was interrupted is sent again with another key, if twice is the same as once", () => {
    const interrupted = [{ url: status }, lost(), followed("interrupted"), read(500)];
    expect(story(put, ...interrupted).at(-1)).toBe("renew-key rest");
    expect(story(post, ...interrupted).at(-1)).toBe("fail: unknown");
  });

  test("a recorded 503 runs anew with the same key; one that is given again is the answer", () => {
    const finished = [{ url: status }, lost(), followed("finished")];
    expect(story(post, ...finished, read(503)).at(-1)).toBe("rest");
    expect(story(post, ...finished, read(503, { "Idempotency-Replayed": "true" })).at(-1)).toBe("end");
  });

  test("a 412 after an interruption says nothing", () => {
    const again = [{ url: status }, lost(), followed("interrupted"), read(500), { url: undefined }, rested];
    expect(story(put, ...again, answered(412)).at(-1)).toBe("fail: unknown");
    expect(story(put, answered(412))).toEqual(["send", "end"]);
  });

  test.each([401, 407, 422])("a %i after a loss says nothing of the first one", (code) => {
    const again = [lost(), resumed, asked(true), rested];
    expect(story(post, ...again, answered(code)).at(-1)).toBe("fail: unknown");
    expect(story(post, answered(code)).at(-1)).toBe("end");
  });

  test("a failure is looked up at the status document: it may be the end of the operation", () => {
    const looked = (document: StatusDocument | undefined): readonly string[] =>
      story(put, { url: status }, answered(500), { kind: "seen", document });
    expect(looked(undefined)).toEqual(["send", "look", "end"]);
    expect(looked(shown("running"))).toEqual(["send", "look", "end"]);
    expect(looked(shown("cancelled"))).toEqual(["send", "look", "abandon learn-operations cancelled"]);
    expect(looked(shown("interrupted"))).toEqual(["send", "look", "abandon learn-operations read-outcome"]);
  });

  test("what is malformed may come of interim responses, once", () => {
    expect(story(report, lost("malformed")).at(-1)).toBe("avoid-interims resume");
    expect(story(report, { interimsBreak: true }, lost("malformed")).at(-1)).toBe("fail");
  });

  test("content that is lost after the end is got again from the status document", () => {
    const accepted = answered(202, { Location: status.href });
    const ended = [accepted, followed("finished"), read(200)];
    expect(story(post, ...ended, lost(), rested).slice(-2)).toEqual(["rest", "follow"]);
  });

  test("an event that does not fit is a mistake of ours", () => {
    expect(() => story(post, read(200))).toThrow("read while sending");
  });
});
