import { expect, test } from "vitest";
import type { StatusDocument } from "../document.ts";
import { bytesLine, paceLine, progressLine, remainingLine, stateLine, titleLine } from "./words.ts";

const started = "2026-01-15T12:00:00.000Z";
const startedMs = Date.parse(started);

function status(more: object): StatusDocument {
  const progress = { done: 0, total: undefined, remark: undefined, bytes: undefined };
  return { state: "running", started, progress, ...more } as unknown as StatusDocument;
}

test.each([
  ["running", undefined, "Running"],
  ["finished", 201, "Finished: 201 Created"],
  ["cancelled", 409, "Stopped on request"],
])("%s with %s is %j", (state, code, line) => {
  expect(stateLine(status({ state, ...(code ? { outcome: { status: code } } : {}) }))).toBe(line);
});

test.each([
  [{ done: 1 }, "1 member"],
  [{ done: 3 }, "3 members"],
  [{ done: 0, total: 1 }, "0 of 1 member"],
  [{ done: 3, total: 20 }, "3 of 20 members"],
])("%j is %j", (progress, line) => {
  expect(progressLine(status({ progress }))).toBe(line);
});

test.each([
  [undefined, ""],
  [{ done: 1_250_000, total: 9_000_000 }, "1.3 of 9.0 MB of this file"],
  [{ done: 12_000_000, total: 400_000_000 }, "12 of 400 MB of this file"],
])("bytes of %j are %j", (bytes, line) => {
  expect(bytesLine(status({ progress: { done: 0, bytes } }))).toBe(line);
});

test.each([
  ["half after 30 s", { done: 5, total: 10 }, 30_000, "about 30 s left"],
  ["a tenth after a minute", { done: 1, total: 10 }, 60_000, "about 9 min left"],
  ["a hundredth after three minutes", { done: 1, total: 100 }, 180_000, "about 5 h left"],
  [
    "half of the first member's bytes",
    { done: 0, total: 2, bytes: { done: 5, total: 10 } },
    10_000,
    "about 30 s left",
  ],
  ["a member without bytes", { done: 0, total: 2, bytes: { done: 0, total: 0 } }, 10_000, ""],
  ["nothing yet", { done: 0, total: 10 }, 10_000, ""],
  ["an unknown total", { done: 3 }, 10_000, ""],
  ["more than all", { done: 11, total: 10 }, 10_000, ""],
  ["a clock that went back", { done: 5, total: 10 }, -1, ""],
])("%s: %j after %i ms", (_name, progress, spentMs, line) => {
  expect(remainingLine(status({ progress }), startedMs + spentMs)).toBe(line);
});

test("what has ended has nothing left", () => {
  const ended = status({ progress: { done: 5, total: 10 }, outcome: { status: 201 } });
  expect(remainingLine(ended, startedMs + 30_000)).toBe("");
});

test.each([
  [{ method: "COPY", progress: { done: 5, total: 20 } }, "25% COPY: Running"],
  [{ method: "COPY", progress: { done: 5, total: 20, bytes: { done: 1, total: 2 } } }, "27% COPY: Running"],
  [{ method: "POST", progress: { done: 5 } }, "POST: Running"],
  [{ method: "POST", progress: { done: 0, total: 0 } }, "POST: Running"],
  [
    { method: "COPY", state: "finished", progress: { done: 5, total: 20 }, outcome: { status: 201 } },
    "COPY: Finished: 201 Created",
  ],
])("a tab of %j is called %j", (more, line) => expect(titleLine(status(more))).toBe(line));

test.each([
  [{ progress: { done: 0 } }, 500, "0:00 so far"],
  [{ progress: { done: 30 } }, 65_000, "1:05 so far"],
  [{ progress: { done: 660 } }, 66_000, "1:06 so far, 10 members a second"],
  [{ progress: { done: 1 } }, 1_000, "0:01 so far, 1 member a second"],
  [
    { progress: { done: 1 }, ended: "2026-01-15T14:01:05.000Z", outcome: { status: 201 } },
    1e9,
    "took 2:01:05",
  ],
])("the pace of %j after %i ms is %j", (more, afterMs, line) => {
  expect(paceLine(status(more), startedMs + afterMs)).toBe(line);
});
