import { createHash, randomBytes } from "node:crypto";
import { type Authentication, type Credentials, heldTables } from "@meanwhile/server";
import { hashSync } from "bcryptjs";
import { beforeEach, describe, expect, test } from "vitest";
import { type AuthenticatorOptions, createAuthenticator } from "./authenticator.ts";
import { createBcryptThreads } from "./basic/bcrypt-threads.ts";
import { parseHtpasswd } from "./basic/htpasswd.ts";
import { mostWaitingChecks } from "./basic/password-check.ts";
import { nonceGraceMs, nonceLifetimeMs } from "./digest/digest.ts";
import { digestResponse } from "./digest/digest-response.ts";
import { type Htdigest, parseHtdigest } from "./digest/htdigest.ts";
import { mostFailures } from "./throttle.ts";

const realm = "Files";
const passwords: Record<string, string> = { ann: "open sesame", bob: "123\u00a3" };
const htpasswd = Object.entries(passwords).map(([user, password]) => `${user}:${hashSync(password, 4)}`);
const secretOf = (hash: string, user: string, password: string) =>
  createHash(hash).update(`${user}:${realm}:${password}`).digest("hex");
const htdigest = Object.entries(passwords).flatMap(([user, password]) => [
  `${user}:${realm}:${secretOf("md5", user, password)}`,
  `${user}:${realm}:${secretOf("sha256", user, password)}`,
]);

/** Threads that all tests share. */
const verify = createBcryptThreads();
let nowMs: number;
beforeEach(() => {
  nowMs = 1_000_000;
});

function authenticator(
  kinds: { readonly basic?: boolean; readonly digest?: boolean } & Partial<AuthenticatorOptions>,
) {
  const { basic, digest, ...options } = kinds;
  const users = parseHtpasswd(htpasswd.join("\n"));
  const digestUsers = parseHtdigest(htdigest.join("\n"), undefined);
  const opened = createAuthenticator({
    users: basic ? { current: () => users } : undefined,
    digestUsers: digest ? { current: () => digestUsers } : undefined,
    realm,
    tables: heldTables({ clock: () => nowMs }),
    random: randomBytes,
    verify,
    ...options,
  });
  return async (request: Partial<Credentials> & { authorization?: string } = {}): Promise<Authentication> => {
    const { authorization, ...rest } = request;
    const { authenticate } = await opened;
    return authenticate({
      method: "GET",
      target: "/x",
      headers: authorization === undefined ? {} : { authorization },
      address: "192.0.2.1",
      secure: true,
      loopback: false,
      ...rest,
    });
  };
}

const basicField = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

function challengesOf(authentication: Authentication): readonly string[] {
  expect(authentication.kind).toBe("challenge");
  return authentication.kind === "challenge" ? authentication.challenges : [];
}

const nonceOf = (authentication: Authentication): string =>
  /nonce="([^"]+)"/.exec(challengesOf(authentication)[0] ?? "")?.[1] ?? "";

interface Signed {
  readonly nonce: string;
  readonly user?: string;
  readonly password?: string;
  readonly count?: number;
  readonly uri?: string;
  readonly method?: string;
  readonly algorithm?: "MD5" | "SHA-256";
}

function digestField(signed: Signed): string {
  const {
    nonce,
    user = "ann",
    password = passwords[user] ?? "",
    count = 1,
    uri = "/x",
    method = "GET",
  } = signed;
  const { algorithm = "SHA-256" } = signed;
  const nonceCount = count.toString(16).padStart(8, "0");
  const hashedSecret = secretOf(algorithm === "MD5" ? "md5" : "sha256", user, password);
  const response = digestResponse({
    algorithm,
    hashedSecret,
    method,
    uri,
    nonce,
    nonceCount,
    clientNonce: "c",
  });
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, response="${response}", qop=auth, nc=${nonceCount}, cnonce="c"`;
}

describe("without users", () => {
  test("everybody is anonymous, whatever credentials come along", async () => {
    expect(await authenticator({})({ authorization: basicField("ann", "x") })).toEqual({ kind: "anonymous" });
  });
});

describe("which schemes are offered (RFC 4918 §20.1)", () => {
  const digests = [/^Digest realm="Files", qop="auth", algorithm=SHA-256, nonce="/, /algorithm=MD5/];
  const basic = [/^Basic realm="Files", charset="UTF-8"$/];
  test.each([
    [
      "both, over TLS",
      { basic: true, digest: true },
      { secure: true, loopback: false },
      [...digests, ...basic],
    ],
    [
      "both, on loopback",
      { basic: true, digest: true },
      { secure: false, loopback: true },
      [...digests, ...basic],
    ],
    ["both, in clear", { basic: true, digest: true }, { secure: false, loopback: false }, digests],
    ["Digest, in clear", { digest: true }, { secure: false, loopback: false }, digests],
    ["Basic, over TLS", { basic: true }, { secure: true, loopback: false }, basic],
  ])("%s", async (_name, kinds, place, expected) => {
    const challenges = challengesOf(await authenticator(kinds)(place));
    expect(challenges).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(challenges[index]).toMatch(pattern);
  });

  test("Basic credentials that came in clear are not accepted, right or not", async () => {
    const ask = authenticator({ basic: true, digest: true });
    const right = { authorization: basicField("ann", "open sesame"), secure: false };
    expect((await ask(right)).kind).toBe("challenge");
    expect(await ask({ ...right, loopback: true })).toEqual({ kind: "known", principal: "ann" });
  });

  test("where nothing can be offered the request is refused, since a 401 needs a challenge (RFC 9110 §15.5.2)", async () => {
    const refused = await authenticator({ basic: true })({ secure: false });
    expect(refused).toMatchObject({ kind: "refused", status: 403 });
  });
});

describe("Basic (RFC 7617)", () => {
  test.each([
    ["ann", "open sesame", "ann"],
    ["bob", "123\u00a3", "bob"],
    ["DOMAIN\\ann", "open sesame", "ann"],
    ["ann", "open sesame ", undefined],
    ["ann", "", undefined],
    ["eve", "open sesame", undefined],
    ["bob", "open sesame", undefined],
    ["DOMAIN\\", "open sesame", undefined],
  ])("%s with %j is %s", async (user, password, principal) => {
    const judged = await authenticator({ basic: true })({ authorization: basicField(user, password) });
    expect(judged.kind === "known" ? judged.principal : undefined).toBe(principal);
    if (principal === undefined) expect(judged.kind).toBe("challenge");
  });

  test.each(["basic", "BASIC"])("the scheme may be written %s (RFC 9110 §11.1)", async (scheme) => {
    const authorization = basicField("ann", "open sesame").replace("Basic", scheme);
    expect((await authenticator({ basic: true })({ authorization })).kind).toBe("known");
  });

  test.each(["Basic", "Basic ", "Basic !", "Bearer x", "", " ", "Basic=x"])(
    "%j gets a challenge",
    async (authorization) => {
      expect((await authenticator({ basic: true })({ authorization })).kind).toBe("challenge");
    },
  );

  test("wrong passwords are throttled, by address and by name", async () => {
    const ask = authenticator({ basic: true });
    for (let index = 0; index < mostFailures; index += 1) {
      expect((await ask({ authorization: basicField("ann", `guess ${index}`) })).kind).toBe("challenge");
    }
    const again = { authorization: basicField("ann", "open sesame") };
    expect(await ask(again)).toEqual({ kind: "throttled", retryAfterSeconds: 300 });
    expect((await ask({ ...again, address: "198.51.100.9" })).kind).toBe("known");
    nowMs += 300_000;
    expect((await ask(again)).kind).toBe("known");
  });

  test("guesses that come all at once are counted before they are checked", async () => {
    const ask = authenticator({ basic: true });
    const guesses = Array.from({ length: 50 }, (_, index) =>
      ask({ authorization: basicField("ann", `${index}`) }),
    );
    const kinds = (await Promise.all(guesses)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "challenge")).toHaveLength(mostFailures);
    expect(kinds.filter((kind) => kind === "throttled")).toHaveLength(50 - mostFailures);
  });

  test("of a flood from many addresses those that nobody waits for get 503, and no failure is counted", async () => {
    const ask = authenticator({ basic: true });
    const flood = Array.from({ length: mostWaitingChecks + 20 }, (_, index) =>
      ask({ authorization: basicField("ann", "guess"), address: `203.0.113.${index}` }),
    );
    const newcomer = ask({ authorization: basicField("bob", "123\u00a3"), address: "198.51.100.1" });
    const kinds = (await Promise.all(flood)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "overloaded")).toHaveLength(19);
    expect((await newcomer).kind).toBe("known");
    const sentAway = `203.0.113.${kinds.indexOf("overloaded")}`;
    for (let index = 0; index <= mostFailures; index += 1) {
      const wrong = { authorization: basicField("bob", `${index}`), address: sentAway };
      expect((await ask(wrong)).kind).toBe(index < mostFailures ? "challenge" : "throttled");
    }
  });

  test("a client that logged in goes on while others at its address guess", async () => {
    const ask = authenticator({ basic: true });
    const right = { authorization: basicField("ann", "open sesame") };
    expect((await ask(right)).kind).toBe("known");
    for (let index = 0; index <= mostFailures; index += 1)
      await ask({ authorization: basicField("ann", `${index}`) });
    expect((await ask({ authorization: basicField("bob", "123\u00a3") })).kind).toBe("throttled");
    expect((await ask(right)).kind).toBe("known");
  });

  test("many requests at once with the same right credentials are one attempt", async () => {
    const ask = authenticator({ basic: true });
    const requests = Array.from({ length: 50 }, () =>
      ask({ authorization: basicField("ann", "open sesame") }),
    );
    for (const judged of await Promise.all(requests))
      expect(judged).toEqual({ kind: "known", principal: "ann" });
  });

  test("a changed users file is in force at once, for those logged in too", async () => {
    let users = parseHtpasswd(htpasswd.join("\n"));
    const ask = authenticator({ users: { current: () => users } });
    const right = { authorization: basicField("ann", "open sesame") };
    expect((await ask(right)).kind).toBe("known");
    users = parseHtpasswd(htpasswd[1] ?? "");
    expect((await ask(right)).kind).toBe("challenge");
  });

  test("a check that was under way when the users file changed vouches for nobody afterwards", async () => {
    let users = parseHtpasswd(htpasswd.join("\n"));
    const ask = authenticator({ users: { current: () => users } });
    const right = { authorization: basicField("ann", "open sesame") };
    const underWay = ask(right);
    users = parseHtpasswd(htpasswd[1] ?? "");
    expect((await ask(right)).kind).toBe("challenge");
    await underWay;
    expect((await ask(right)).kind).toBe("challenge");
  });
});

describe("Digest (RFC 7616)", () => {
  const known = { kind: "known", principal: "ann" };

  test.each(["MD5", "SHA-256"] as const)("a right %s response is known", async (algorithm) => {
    const ask = authenticator({ digest: true });
    const nonce = nonceOf(await ask());
    expect(await ask({ secure: false, authorization: digestField({ nonce, algorithm }) })).toEqual(known);
    expect(await ask({ secure: false, authorization: digestField({ nonce, algorithm, count: 2 }) })).toEqual(
      known,
    );
  });

  test("a response for another method, user, password or secret is not", async () => {
    const ask = authenticator({ digest: true });
    const nonce = nonceOf(await ask());
    for (const wrong of [
      { method: "DELETE" },
      { user: "eve" },
      { password: "x" },
      { user: "bob", password: "open sesame" },
    ]) {
      const [challenge = ""] = challengesOf(await ask({ authorization: digestField({ nonce, ...wrong }) }));
      expect(challenge).not.toContain("stale");
    }
  });

  test("nobody gets in with the hash that stands in for users who are not listed", async () => {
    const digestUsers: Htdigest = parseHtdigest(htdigest.join("\n"), undefined);
    const ask = authenticator({ digestUsers: { current: () => digestUsers } });
    const nonce = nonceOf(await ask());
    const parts = {
      algorithm: "MD5",
      nonce,
      nonceCount: "00000001",
      clientNonce: "c",
      method: "GET",
      uri: "/x",
    } as const;
    const response = digestResponse({ ...parts, hashedSecret: "0".repeat(32) });
    const authorization = `Digest username="eve", realm="${realm}", nonce="${nonce}", uri="/x", response="${response}", qop=auth, nc=00000001, cnonce="c"`;
    expect((await ask({ authorization })).kind).toBe("challenge");
  });

  test("credentials for another target are refused with 400 (§3.4.6)", async () => {
    const ask = authenticator({ digest: true });
    const nonce = nonceOf(await ask());
    const authorization = digestField({ nonce, uri: "/other" });
    expect(await ask({ authorization })).toMatchObject({ kind: "refused", status: 400 });
  });

  test("a request is accepted once: its replay is told that the nonce is stale (§3.4, §5.5)", async () => {
    const ask = authenticator({ digest: true });
    const nonce = nonceOf(await ask());
    const authorization = digestField({ nonce });
    expect(await ask({ authorization })).toEqual(known);
    const challenges = challengesOf(await ask({ authorization }));
    expect(challenges).toHaveLength(2);
    for (const challenge of challenges) expect(challenge).toContain("stale=true");
  });

  test("a nonce of an earlier run is stale where the password is right, so that nobody is asked again (§3.3)", async () => {
    const nonce = nonceOf(await authenticator({ digest: true })());
    const ask = authenticator({ digest: true });
    expect(challengesOf(await ask({ authorization: digestField({ nonce }) }))[0]).toContain("stale=true");
    const [wrong] = challengesOf(await ask({ authorization: digestField({ nonce, password: "x" }) }));
    expect(wrong).not.toContain("stale");
  });

  test("a nonce is stale after five minutes, an hour for requests with content that cannot be sent again", async () => {
    const ask = authenticator({ digest: true });
    const nonce = nonceOf(await ask());
    const upload = (count: number) => ({
      method: "PUT",
      headers: { authorization: digestField({ nonce, count, method: "PUT" }), "content-length": "5" },
    });
    nowMs += nonceLifetimeMs + 1;
    expect(challengesOf(await ask({ authorization: digestField({ nonce }) }))[0]).toContain("stale=true");
    expect((await ask(upload(1))).kind).toBe("known");
    nowMs += nonceGraceMs - nonceLifetimeMs;
    expect(challengesOf(await ask(upload(2)))[0]).toContain("stale=true");
  });

  test("in its second half a nonce comes with the next one (§3.5), which is good for this user only", async () => {
    const ask = authenticator({ digest: true });
    const nonce = nonceOf(await ask());
    nowMs += nonceLifetimeMs / 2;
    const judged = await ask({ authorization: digestField({ nonce }) });
    const field = judged.kind === "known" ? (judged.fields?.["Authentication-Info"] ?? "") : "";
    const next = /^nextnonce="([^"]+)"$/.exec(field)?.[1] ?? "";
    expect(next).not.toBe(nonce);
    expect(await ask({ authorization: digestField({ nonce: next }) })).toEqual(known);
    expect((await ask({ authorization: digestField({ nonce: next, user: "bob", count: 2 }) })).kind).toBe(
      "challenge",
    );
  });

  test("a nonce of the future is stale: the time of day was set back since another process made it", async () => {
    const ask = authenticator({ digest: true });
    const nonce = nonceOf(await ask());
    nowMs -= 1000;
    expect(challengesOf(await ask({ authorization: digestField({ nonce }) }))[0]).toContain("stale=true");
  });

  test("guesses are throttled, and hold up nobody who is in", async () => {
    const ask = authenticator({ digest: true });
    const nonce = nonceOf(await ask());
    expect(await ask({ authorization: digestField({ nonce }) })).toEqual(known);
    const guessed = nonceOf(await ask());
    for (let index = 0; index < mostFailures; index += 1) {
      const authorization = digestField({ nonce: guessed, password: `${index}`, count: index + 1 });
      expect((await ask({ authorization })).kind).toBe("challenge");
    }
    expect(await ask({ authorization: digestField({ nonce: guessed, count: 99 }) })).toEqual({
      kind: "throttled",
      retryAfterSeconds: 300,
    });
    expect(await ask({ authorization: digestField({ nonce, count: 2 }) })).toEqual(known);
    nowMs += nonceLifetimeMs - 1000;
    for (let index = 0; index < 2 * mostFailures; index += 1) {
      await ask({ authorization: digestField({ nonce: nonceOf(await ask()), password: "x" }) });
    }
    nowMs += 2000;
    const renewed = nonceOf(await ask({ authorization: digestField({ nonce, count: 3 }) }));
    expect(await ask({ authorization: digestField({ nonce: renewed }) })).toEqual(known);
  });

  test("a stale response is answered with Basic too where that may be used", async () => {
    const ask = authenticator({ digest: true, basic: true });
    const nonce = nonceOf(await ask());
    await ask({ authorization: digestField({ nonce }) });
    expect(challengesOf(await ask({ authorization: digestField({ nonce }) }))[2]).toMatch(/^Basic /);
  });
});
