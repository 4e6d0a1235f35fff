import { describe, expect, test } from "vitest";
import { checkInterim, type InterimFields, interimBytes, largestInterimBytes } from "./interim-fields.ts";

describe("checkInterim", () => {
  test("lays fields out line by line, in order", () => {
    expect(checkInterim(102, { Location: "/s", "Status-URI": ["1", "2"], Empty: "", None: [] })).toEqual([
      ["Location", "/s"],
      ["Status-URI", "1"],
      ["Status-URI", "2"],
      ["Empty", ""],
    ]);
  });

  test.each([100, 102, 103, 104, 199])("takes the status %d", (status) => {
    expect(checkInterim(status, {})).toEqual([]);
  });

  test.each([99, 101, 200, 102.5, Number.NaN, -102])("refuses the status %d (RFC 9110 §15.2)", (status) => {
    expect(() => checkInterim(status, {})).toThrow(expect.objectContaining({ code: "ERR_INTERIM_STATUS" }));
  });

  test.each(["", "a b", "a:", ":status", "é", "a\r\nb", "a\0", "(a)"])(
    "refuses %j as a name (RFC 9110 §5.1)",
    (name) => {
      expect(() => checkInterim(102, { [name]: "x" })).toThrow(
        expect.objectContaining({ code: "ERR_INTERIM_FIELD_NAME" }),
      );
    },
  );

  test.each(["a\r\nb", "a\nb", "a\rb", "a\0b", "\x7f", "\x1b[0m", " a", "a ", "\ta", "€", "\u010d\u010a"])(
    "refuses %j as a value (RFC 9110 §5.5)",
    (value) => {
      const refusal = expect.objectContaining({ code: "ERR_INTERIM_FIELD_VALUE" });
      expect(() => checkInterim(102, { X: value })).toThrow(refusal);
      expect(() => checkInterim(102, { X: ["a", value] })).toThrow(refusal);
    },
  );

  test.each([undefined, null, 1, {}, [1]])("refuses %j, which is no text, as a value", (value) => {
    expect(() => checkInterim(102, { X: value } as unknown as InterimFields)).toThrow(TypeError);
  });

  test.each([
    "Content-Length",
    "transfer-encoding",
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "Upgrade",
    "TE",
    "Trailer",
    "HTTP2-Settings",
  ])("refuses %s (RFC 9110 §8.6, RFC 9112 §6.1, RFC 9113 §8.2.2)", (name) => {
    expect(() => checkInterim(102, { [name]: "1" })).toThrow(
      expect.objectContaining({ code: "ERR_INTERIM_FIELD_FORBIDDEN" }),
    );
  });

  test("refuses two lines of a field that has one value, in any spelling", () => {
    expect(() => checkInterim(102, { Location: ["/a", "/b"] })).toThrow(TypeError);
    expect(() => checkInterim(102, { Location: "/a", location: "/b" })).toThrow(TypeError);
  });

  test("takes 8 KiB, and refuses one byte more", () => {
    const room = largestInterimBytes - interimBytes(102, { X: "" });
    expect(checkInterim(102, { X: "x".repeat(room) })).toHaveLength(1);
    expect(() => checkInterim(102, { X: "x".repeat(room + 1) })).toThrow(
      expect.objectContaining({ code: "ERR_INTERIM_TOO_LARGE" }),
    );
  });

  test("refuses a line break at the end of a long value, without going back over it", {
    timeout: 20_000,
  }, () => {
    // A check that goes back would take minutes over this one.
    expect(() => checkInterim(102, { X: `${" x".repeat(500_000)}\n` })).toThrow(TypeError);
  });
});

test("interimBytes counts what HTTP/1.1 puts on the wire", () => {
  const wire = "HTTP/1.1 102 Processing\r\nA: 1\r\nB: 2\r\nB: 3\r\n\r\n";
  expect(interimBytes(102, { A: "1", B: ["2", "3"] })).toBe(wire.length);
});
