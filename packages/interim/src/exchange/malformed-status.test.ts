import { expect, test } from "vitest";
import { refusalOf } from "./malformed-status.ts";

const failed = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more });

test.each([
  ["HPE_INVALID_CONSTANT", 400],
  ["HPE_HEADER_OVERFLOW", 431],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
])("%s is %i", (code, status) => {
  expect(refusalOf(failed(code))).toEqual({ status });
});

/** What Node's parser says of a method that it does not know: it stops within the method. */
function unknown(before: string, line: string) {
  const rawPacket = Buffer.from(before + line);
  return refusalOf(failed("HPE_INVALID_METHOD", { rawPacket, bytesParsed: before.length + 1 }));
}

test.each([
  ["", "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "BREW /pot HTTP/1.0\n\n"],
  ["", "BREW /pot HTTP/1.1"],
])("after %j a request line whose method is not known is 501 (RFC 9110 §9.1)", (before, line) => {
  expect(unknown(before, line)).toEqual({ status: 501, method: "BREW", target: "/pot" });
});

test.each([
  "BREW/pot HTTP/1.1\r\n",
  "BR(W /pot HTTP/1.1\r\n",
  "BREW /pot HTTP/2.0\r\n",
  "\u0016\u0003\u0001",
])("%j is no request line: 400", (line) => {
  expect(unknown("", line)).toEqual({ status: 400 });
});

test("an error that does not say what came is 400", () => {
  expect(refusalOf(failed("HPE_INVALID_METHOD"))).toEqual({ status: 400 });
});
