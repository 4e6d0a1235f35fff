import { expect, test } from "vitest";
import { HttpError } from "../error/http-error.ts";
import { clientOf } from "../testing/scripted-server.ts";
import { type LoginRefusal, loginRefusal, notingLogins } from "./login-refusal.ts";

test.each<[string | undefined, LoginRefusal]>([
  [undefined, { kind: "no-challenge" }],
  ["", { kind: "no-challenge" }],
  ['Basic realm="x"', { kind: "refused" }],
  ['Digest realm="x", nonce="n"', { kind: "refused" }],
  ['Digest realm="x", nonce="n", stale=TRUE', { kind: "stale" }],
  ['Digest realm="x", nonce="n", algorithm=SHA3, Basic realm="x"', { kind: "refused" }],
  ['Digest realm="x", nonce="n", algorithm=SHA3', { kind: "not-known", wanted: ["Digest SHA3"] }],
  ['Digest realm="x", nonce="n", qop="auth-int"', { kind: "not-known", wanted: ["Digest auth-int"] }],
  ["Negotiate, NTLM", { kind: "not-known", wanted: ["negotiate", "ntlm"] }],
])("a 401 with %s", (challenge, refusal) => {
  expect(loginRefusal(new Headers(challenge === undefined ? {} : { "WWW-Authenticate": challenge }))).toEqual(
    refusal,
  );
});

test("a login that was accepted before is told from one that never was, up to the error that a verb throws", async () => {
  const origin = "https://files.example";
  const statuses = [401, 200, 401, 401];
  let asked = 0;
  const send = notingLogins(async () => {
    const status = statuses[asked] ?? 500;
    asked += 1;
    return new Response(null, { status, headers: { "WWW-Authenticate": "Basic" } });
  }, origin);
  const authorization = { Authorization: "Basic eA==" };
  const client = clientOf({
    send: (url, options) =>
      send(url, {
        ...options,
        headers: { ...Object.fromEntries(new Headers(options?.headers)), ...authorization },
      }),
  });
  const kindOf = async (): Promise<string> => {
    const error = await client.get("a").catch((reason: unknown) => reason);
    return error instanceof HttpError ? loginRefusal(error.headers).kind : "none";
  };
  expect([await kindOf(), await kindOf(), await kindOf()]).toEqual(["refused", "none", "accepted-before"]);
  // A request without the login says nothing of it.
  const bare = await send(new URL(origin));
  expect(loginRefusal(bare.headers).kind).toBe("refused");
});
