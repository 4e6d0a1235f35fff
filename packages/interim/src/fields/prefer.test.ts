import fc from "fast-check";
import { expect, test } from "vitest";
import { type Preferences, parsePrefer } from "./prefer.ts";

const nothing: Preferences = {
  processing: false,
  respondAsync: false,
  waitSeconds: undefined,
  return: undefined,
  depthNoroot: false,
  handling: undefined,
};

test.each<[string, string | readonly string[] | undefined, Partial<Preferences>]>([
  ["no field", undefined, {}],
  ["an empty field", "", {}],
  ["processing (HTTP Progress draft)", "processing", { processing: true }],
  ["respond-async and wait (§4.1, §4.3)", "respond-async, wait=10", { respondAsync: true, waitSeconds: 10 }],
  ["return=minimal (§4.2)", "return=minimal", { return: "minimal" }],
  ["a quoted value (§2)", 'return="representation"', { return: "representation" }],
  ["an escaped quoted value", 'return="mini\\mal"', { return: "minimal" }],
  ["handling (§4.4)", "handling=lenient", { handling: "lenient" }],
  ["depth-noroot (RFC 8144 §3)", "return=minimal, depth-noroot", { return: "minimal", depthNoroot: true }],
  ["several fields", ["processing", "wait=5"], { processing: true, waitSeconds: 5 }],
  ["names in any case", "Processing, RETURN=minimal", { processing: true, return: "minimal" }],
  ["bad white space around =", "wait = 5 ,\tprocessing", { waitSeconds: 5, processing: true }],
  [
    "an empty value, which is none (§2)",
    'processing="", respond-async=',
    { processing: true, respondAsync: true },
  ],
  [
    "parameters, which are read over",
    'processing; a=1; b="x, wait=3; y", wait=7;',
    { processing: true, waitSeconds: 7 },
  ],
  [
    "the first of several only (§2)",
    "wait=1, wait=2, return=minimal, return=representation",
    { waitSeconds: 1, return: "minimal" },
  ],
  ["the first even where its value is unknown", "return=none, return=minimal", {}],
  ["unknown preferences", "x, y=z, processing", { processing: true }],
  ["a value where none belongs", "processing=no, respond-async=1", {}],
  ["an endless wait, clamped", `wait=${"9".repeat(400)}`, { waitSeconds: 2 ** 31 - 1 }],
  ["a wait that is no number", "wait=-1, respond-async", { respondAsync: true }],
  ["malformed members, which are ignored", 'wait=a b, =x, return="open\\", @, ;, processing', {}],
  ["malformed members before good ones", "wait=a b, =x, (x), ;;, processing", { processing: true }],
  ["a malformed parameter, with its preference", 'wait=3; "x", processing', { processing: true }],
  ["commas in quotes", 'x="a, processing", wait=2', { waitSeconds: 2 }],
  ["a field beyond 8,192 characters, which counts as none", `processing, x=${"y".repeat(8192)}`, {}],
  ["64 members at most", `${"x,".repeat(64)}processing`, {}],
])("parsePrefer reads %s (RFC 7240)", (_, value, preferences) => {
  expect(parsePrefer(value)).toEqual({ ...nothing, ...preferences });
});

test("parsePrefer never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'wait=,;"\\ 1processing') }), (text) => {
      expect(Object.keys(parsePrefer(text))).toEqual(Object.keys(nothing));
    }),
  );
});
