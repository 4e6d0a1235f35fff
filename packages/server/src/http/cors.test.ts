import { expect, test } from "vitest";
import { corsFields, isPreflight, preflightFields } from "./cors.ts";

const origin = "https://app.example";

test("an allowed origin may read the response, with credentials, and what WebDAV says in fields", () => {
  const fields = corsFields({ origin }, ["https://other.example", origin]);
  expect(fields).toMatchObject({
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Credentials": "true",
    Vary: "Origin",
  });
  for (const name of [
    "DAV",
    "ETag",
    "Lock-Token",
    "Location",
    "Link",
    "Allow",
    "Idempotency-Replayed",
    "Idempotency-Ignored",
  ])
    expect(fields["Access-Control-Expose-Headers"]).toMatch(new RegExp(`\\b${name}\\b`));
});

test("any origin is allowed by *, but never with credentials", () => {
  const fields = corsFields({ origin }, ["*"]);
  expect(fields["Access-Control-Allow-Origin"]).toBe("*");
  expect(fields).not.toHaveProperty("Access-Control-Allow-Credentials");
});

test("the origin null is allowed where it is listed by itself, but never with credentials", () => {
  const fields = corsFields({ origin: "null" }, [origin, "null"]);
  expect(fields["Access-Control-Allow-Origin"]).toBe("null");
  expect(fields).not.toHaveProperty("Access-Control-Allow-Credentials");
  expect(corsFields({ origin: "app://obsidian.md" }, ["app://obsidian.md"])).toMatchObject({
    "Access-Control-Allow-Origin": "app://obsidian.md",
    "Access-Control-Allow-Credentials": "true",
  });
});

test.each([
  "https://evil.example",
  "https://app.example.evil.example",
  "null",
  "HTTPS://APP.EXAMPLE",
  undefined,
])("the origin %s gets nothing but Vary", (other) => {
  expect(corsFields(other === undefined ? {} : { origin: other }, [origin])).toEqual({ Vary: "Origin" });
});

test("where no origin is allowed nothing is said at all", () => {
  expect(corsFields({ origin }, [])).toEqual({});
});

test("only OPTIONS with Access-Control-Request-Method is a preflight", () => {
  const headers = { "access-control-request-method": "PROPFIND" };
  expect(isPreflight(headers)).toBe(true);
  expect(isPreflight({})).toBe(false);
});

test("a preflight names all methods, and the fields that were asked for", () => {
  const fields = preflightFields({ "access-control-request-headers": "Depth, If, X-OC-Mtime" });
  expect(fields["Access-Control-Allow-Methods"]).toContain("PROPFIND");
  expect(fields["Access-Control-Allow-Headers"]).toBe("Depth, If, X-OC-Mtime");
});

test.each(['x"y', "a\tb", "", "x".repeat(2001), "a:b"])(
  "field names that are none are not echoed: %j",
  (asked) => {
    expect(preflightFields({ "access-control-request-headers": asked })).not.toHaveProperty(
      "Access-Control-Allow-Headers",
    );
  },
);
