import { createOperations, memoryJournal } from "@meanwhile/operations";
import { expect, test } from "vitest";
import { processing } from "../node.ts";
import { type ProcessingOptions, refined, settingsOf } from "./options.ts";

test.each<[string, unknown]>([
  ["after", "20"],
  ["after", -1],
  ["after", Number.NaN],
  ["every", "soon"],
  ["expects", "9999h"],
  ["deadline", {}],
  ["interim", "always"],
  ["front", "iis"],
  ["path", "/operations"],
  ["path", "/../"],
  ["path", "/a b/"],
  ["origin", "api.example"],
  ["origin", "https://api.example/"],
  ["closeWithin", "soon"],
  ["when", "POST"],
  ["principal", "alice"],
  ["logger", { warn() {} }],
  ["metrics", {}],
  ["tracing", "yes"],
  ["estimate", 1],
])("the option %s is not %o: it is refused at the start, by its name", (name, value) => {
  const given = { [name]: value } as ProcessingOptions;
  expect(() => processing(given)).toThrow(expect.objectContaining({ code: "ERR_PROCESSING_OPTION" }));
  expect(() => processing(given)).toThrow(`processing: ${name} `);
});

test.each([
  ["limits.keptBytes", { limits: { keptBytes: -1 } }],
  ["limits.heldBytes", { limits: { heldBytes: 0.5 } }],
  ["retention.entries", { retention: { entries: Number.NaN } }],
  ["retention.bytes", { retention: { bytes: "1 MiB" } }],
  ["retention.keep", { retention: { keep: "3 days" } }],
])("%s that cannot be is refused, by its name", (name, options) => {
  expect(() => settingsOf(options as ProcessingOptions)).toThrow(`processing: ${name} is a `);
});

test("retention is what was said of it, and the journal's where operations are given", () => {
  expect(settingsOf({ retention: { keep: "2h", entries: 5 } }).retention).toEqual({
    keepMs: 7_200_000,
    entries: 5,
    bytes: 256 * 1024 * 1024,
  });
  expect(() => processing({ operations: createOperations(), retention: { entries: 5 } })).toThrow(
    "retention is given to the journal",
  );
});

test.each<[string, object]>([
  ["operations is made by createOperations(), not 5", { operations: 5 }],
  ["operations are an option: processing({ operations })", createOperations()],
  ["journal is given to createOperations()", { operations: createOperations(), journal: memoryJournal() }],
  ["retention is given to the journal", { journal: memoryJournal(), retention: { entries: 5 } }],
  ["there is no option afterMs", { afterMs: 5 }],
])("%s", (message, options) => {
  expect(() => processing(options as ProcessingOptions)).toThrow(message);
});

test("durations are milliseconds, or have a unit", () => {
  const { pacing, deadlineMs, expectsMs } = settingsOf({
    after: "1.5s",
    every: 250,
    deadline: "2h",
    expects: "5m",
  });
  expect({ pacing, deadlineMs, expectsMs }).toEqual({
    pacing: { afterMs: 1500, everyMs: 250 },
    deadlineMs: 7_200_000,
    expectsMs: 300_000,
  });
});

test("102s are for those who ask, unless a front is declared", () => {
  expect(settingsOf({}).policy).toEqual({ mode: "asked", front: undefined });
  expect(settingsOf({ front: "none" }).policy).toEqual({ mode: "measured", front: "none" });
  expect(settingsOf({ front: "nginx", interim: "asked" }).policy).toEqual({ mode: "asked", front: "nginx" });
});

test("a route changes what it names, and nothing else", () => {
  const all = settingsOf({ after: "5s", every: "7s", idempotent: true });
  expect(refined(all, { expects: "1m" })).toEqual({ ...all, expectsMs: 60_000 });
});
