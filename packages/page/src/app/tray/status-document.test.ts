import { expect, test } from "vitest";
import { hasFailed, isNews, type StatusDocument } from "./status-document.ts";

const short: StatusDocument = {
  id: "one",
  href: "/one",
  state: "finished",
  method: "MKCOL",
  target: "/a",
  started: "2026-11-29T12:00:00.000Z",
  ended: "2026-11-29T12:00:00.999Z",
  progress: { done: 0 },
  failed: [],
  failures: 0,
  outcome: { status: 201, href: "/one/outcome" },
};

test.each([
  ["what ended well within a second", {}, false],
  ["what took longer", { ended: "2026-11-29T12:00:01.000Z" }, true],
  ["what failed", { outcome: { status: 507, href: "" } }, true],
  ["what found something in its way", { outcome: { status: 405, href: "" } }, false],
  ["what was refused for what was there", { outcome: { status: 412, href: "" } }, false],
  ["what failed in part", { failures: 1 }, true],
  ["what was stopped", { state: "cancelled" as const }, true],
])("%s", (_, news, expected) => {
  expect(isNews({ ...short, ...news })).toBe(expected);
});

test("what somebody stopped has not failed, whatever programs were answered", () => {
  const outcome = { status: 409, href: "" };
  expect(hasFailed({ ...short, outcome })).toBe(true);
  expect(hasFailed({ ...short, outcome, failures: 1, state: "cancelled" })).toBe(false);
});

test("what runs is news", () => {
  const { ended: _, outcome: __, ...running } = short;
  expect(isNews({ ...running, state: "running" })).toBe(true);
});
