import { expect, test } from "vitest";
import { sessionToken, setSessionCookie } from "./session-cookie.ts";

const secure = { origin: "https://files.example", prefix: "/team", secure: true };
const local = { origin: "http://127.0.0.1:8102", prefix: "", secure: false };
const token = "t".repeat(43);
const sent = (set: string) => set.slice(0, set.indexOf(";"));

test("over TLS the cookie is bound to the host (__Host-), and no script or other site gets it", () => {
  expect(setSessionCookie(secure, token)).toMatch(
    /^__Host-meanwhile-[\w-]{8}=t{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  );
  expect(setSessionCookie(local, token)).toMatch(
    /^meanwhile-[\w-]{8}=t{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  expect(setSessionCookie(secure)).toMatch(/=; .*Max-Age=0$/);
});

test.each([
  ["alone", (pair: string) => pair, token],
  ["among others", (pair: string) => `a=b; ${pair};c=d`, token],
  [
    "of another server on this host",
    () => sent(setSessionCookie({ ...local, prefix: "/x" }, token)),
    undefined,
  ],
  ["that is too short", (pair: string) => pair.slice(0, -1), undefined],
  ["whose name only ends so", (pair: string) => `x${pair}`, undefined],
])("a cookie %s", (_, make, expected) => {
  expect(sessionToken(make(sent(setSessionCookie(local, token))), local)).toBe(expected);
});

test("a cookie that was not set over TLS counts for nothing there", () => {
  const cookie = sent(setSessionCookie({ ...secure, secure: false }, token));
  expect(sessionToken(cookie, secure)).toBeUndefined();
});
