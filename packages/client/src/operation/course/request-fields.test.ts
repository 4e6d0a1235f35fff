import { describe, expect, test } from "vitest";
import { isSafe } from "../../send/outgoing.ts";
import { identityOf, prefer } from "./request-fields.ts";

describe("prefer (RFC 7240)", () => {
  const whole = { interimsBreak: false, hasOperations: undefined };
  const broken = { interimsBreak: true, hasOperations: true };
  const first = { safe: false, again: false };
  const again = { safe: false, again: true };
  test.each([
    ["asks for interim responses", null, whole, first, "processing"],
    ["keeps what the caller prefers", "return=minimal", whole, first, "return=minimal, processing"],
    ["asks once", "processing", whole, first, "processing"],
    ["asks for a 202 where interim responses break", null, broken, first, "respond-async, wait=1"],
    ["keeps the caller's own patience", "wait=9", broken, first, "wait=9, respond-async"],
    ["keeps the caller's own wish", "respond-async", broken, first, "respond-async"],
    [
      "asks for nothing where nothing is known to help",
      null,
      { ...broken, hasOperations: false },
      first,
      undefined,
    ],
    ["asks for no 202 of what is safe", null, broken, { safe: true, again: true }, undefined],
    ["asks for a 202 after a loss", null, { ...whole, hasOperations: true }, again, "respond-async, wait=1"],
    ["asks a server of which nothing is known as before", null, whole, again, "processing"],
  ] as const)("%s", (_what, own, memory, request, field) => {
    expect(prefer(own, memory, request)).toBe(field);
  });
});

test("identityOf keeps who asks, and leaves out what is asked", () => {
  const headers = new Headers({
    Authorization: "Bearer x",
    Cookie: "a=1",
    "X-Api-Key": "k",
    "User-Agent": "u",
    "Accept-Language": "de",
    Accept: "text/xml",
    "Accept-Encoding": "gzip",
    "Content-Type": "text/plain",
    "If-Match": '"a"',
    If: "(<urn:x>)",
    Depth: "0",
    Destination: "/b",
    Overwrite: "F",
    "Lock-Token": "<urn:x>",
    Prefer: "processing",
    "Idempotency-Key": '"k"',
    "OC-LazyOps": "true",
  });
  expect(Object.fromEntries(identityOf(headers))).toEqual({
    authorization: "Bearer x",
    cookie: "a=1",
    "x-api-key": "k",
    "user-agent": "u",
    "accept-language": "de",
  });
});

test.each([
  ["GET", true],
  ["PROPFIND", true],
  ["QUERY", true],
  ["PUT", false],
  ["COPY", false],
  ["get", false],
  ["", false],
])("%s is safe: %s (RFC 9110 §9.2.1)", (method, safe) => {
  expect(isSafe(method)).toBe(safe);
});
