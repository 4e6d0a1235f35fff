import {
  CancelledError,
  ConnectionError,
  DetachedError,
  HttpError,
  MultistatusError,
  OutcomeUnknownError,
} from "@meanwhile/client";
import { FolderError, type FolderSummary, MemberError } from "@meanwhile/sync";
import { describe, expect, test } from "vitest";
import { wrongUsage } from "../../command-error.ts";
import { exitStatuses } from "../../exit-status.ts";
import { StoppedError } from "../follow/stops.ts";
import { explain, mostMembersTold } from "./explain.ts";
import type { FailureContext } from "./explanation.ts";

const url = new URL("https://files.example/team/a%20b");
const nobody: FailureContext = { username: undefined, lockHolder: async () => undefined };
const ann: FailureContext = { ...nobody, username: "ann" };

function answered(status: number, more: Partial<ConstructorParameters<typeof HttpError>[0]> = {}): HttpError {
  return new HttpError({ method: "PUT", url, status, headers: new Headers(), ...more });
}

const basic = 'Basic realm="x"';

function refused(challenge: string, more: Readonly<Record<string, string>> = {}): HttpError {
  return answered(401, { headers: new Headers({ "WWW-Authenticate": challenge, ...more }) });
}

async function told(
  error: unknown,
  context: FailureContext = nobody,
): Promise<[number | undefined, string | undefined]> {
  const explanation = await explain(error, context);
  expect(explanation?.message).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
  if (explanation !== undefined) expect(exitStatuses.map(({ code }) => code)).toContain(explanation.exitCode);
  return [explanation?.exitCode, explanation?.message];
}

describe("a failed final response in one line", () => {
  test.each<[HttpError, FailureContext, number, string]>([
    [
      refused(basic),
      nobody,
      5,
      "/team/a b: a login is needed (401); log in with --user NAME, ~/.netrc or --token-file FILE",
    ],
    [refused(basic), ann, 5, "/team/a b: the login of ann was refused (401); check name and password"],
    [
      refused('Digest realm="x", nonce="n", algorithm=SHA-256, qop="auth", stale=true'),
      ann,
      5,
      "/team/a b: the server takes each answer to its challenge for outdated (stale nonce) (401); name and password may be right; try again, or ask who runs the server",
    ],
    [
      refused('Digest realm="x", nonce="n", algorithm=SHA3-512, qop="auth"'),
      ann,
      5,
      "/team/a b: the server wants a login by Digest SHA3-512 auth (401); this command logs in by Basic, Digest (MD5, SHA-256, SHA-512-256; qop auth) or a Bearer token",
    ],
    [
      refused('Digest realm="x", nonce="n", qop="auth-int"'),
      ann,
      5,
      "/team/a b: the server wants a login by Digest auth-int (401); this command logs in by Basic, Digest (MD5, SHA-256, SHA-512-256; qop auth) or a Bearer token",
    ],
    [
      refused("Negotiate, NTLM"),
      nobody,
      5,
      "/team/a b: the server wants a login by negotiate, ntlm (401); this command logs in by Basic, Digest (MD5, SHA-256, SHA-512-256; qop auth) or a Bearer token",
    ],
    [
      refused('Bearer realm="x"'),
      ann,
      5,
      "/team/a b: the server wants a login by bearer (401); give it a token: --token-file FILE",
    ],
    [
      refused(`Negotiate, ${basic}`),
      ann,
      5,
      "/team/a b: the login of ann was refused (401); check name and password",
    ],
    [
      answered(401),
      ann,
      5,
      "/team/a b: the login of ann was refused or not asked for (401); the server does not say how to log in",
    ],
    [
      refused(basic, { "Retry-After": "60" }),
      ann,
      5,
      "/team/a b: the login of ann is not looked at now (401); it asks to come back: Retry-After: 60",
    ],
    [
      answered(502, { method: "MOVE" }),
      ann,
      1,
      "/team/a b: the server takes the destination for another server's, or a proxy got no proper answer (502); where a proxy ends TLS, it must change https: to http: in the Destination field, too (RFC 4918 §9.9.4)",
    ],
    [answered(502), ann, 1, "/team/a b: the proxy got no proper answer from the server behind it (502)"],
    [
      answered(301, { headers: new Headers({ Location: url.href }) }),
      ann,
      1,
      "/team/a b: the server redirects it to itself (301); ask who runs the server",
    ],
    [
      answered(403),
      nobody,
      5,
      "/team/a b: not allowed (403); the server asks for no login here; perhaps with a token: --token-file FILE",
    ],
    [
      answered(403, { detail: "read only\n" }),
      ann,
      5,
      "/team/a b: not allowed (403; the server says: read only)",
    ],
    [
      answered(401),
      nobody,
      5,
      "/team/a b: refused (401), and the server does not say how to log in; perhaps with a token: --token-file FILE",
    ],
    [
      answered(200, {
        method: "PROPFIND",
        headers: new Headers({ "Content-Type": "text/html; charset=utf-8" }),
      }),
      nobody,
      1,
      "/team/a b: PROPFIND was answered 200, as no WebDAV server does; a web page came, perhaps one to log in: check the URL",
    ],
    [answered(404, { detail: "Not Found\n" }), nobody, 4, "/team/a b: nothing is there (404)"],
    [answered(404), nobody, 4, "/team/a b: nothing is there (404)"],
    [
      answered(405, { method: "MKCOL" }),
      nobody,
      8,
      "/team/a b: something is there already, or the server makes no folder there (405)",
    ],
    [
      answered(405, { method: "LOCK", headers: new Headers({ Allow: "GET, PUT" }) }),
      nobody,
      8,
      "/team/a b: the server does not do LOCK here (405); it does GET, PUT",
    ],
    [
      answered(409, { method: "MKCOL" }),
      nobody,
      8,
      "/team/a b: the folder above it is missing (409); `meanwhile mkdir -p` makes it too",
    ],
    [
      answered(409),
      nobody,
      8,
      "/team/a b: the folder above it is missing (409); make it with `meanwhile mkdir -p`",
    ],
    [answered(412), nobody, 8, "/team/a b: it is not as expected (412)"],
    [
      answered(412),
      { ...nobody, keepsDestination: true },
      8,
      "/team/a b: something is there already (412); without --no-overwrite it is replaced",
    ],
    [
      answered(423, { condition: "lock-token-submitted" }),
      { ...nobody, lockHolder: async () => "by Bob for 9:50" },
      8,
      "/team/a b: locked by Bob for 9:50 (423; the server says: lock-token-submitted); wait until the lock ends; if it is yours, give its token as --lock-token",
    ],
    [answered(507), nobody, 1, "/team/a b: no space left at the server (507)"],
    [
      answered(503, { headers: new Headers({ "Retry-After": "120" }) }),
      nobody,
      1,
      "/team/a b: the server is not available (503); it asks to come back: Retry-After: 120",
    ],
    [
      answered(301, { headers: new Headers({ Location: "/team/a%20b/" }) }),
      nobody,
      1,
      "/team/a b: it is elsewhere (301); try https://files.example/team/a%20b/",
    ],
    [
      answered(301, {
        headers: new Headers({ Location: "file:///etc/passwd" }),
        detail: "it is at file:///etc/passwd",
      }),
      nobody,
      1,
      "/team/a b: it is elsewhere (301)",
    ],
    [
      answered(200, { method: "PROPFIND" }),
      nobody,
      1,
      "/team/a b: PROPFIND was answered 200, as no WebDAV server does; check the URL",
    ],
    [
      answered(200, { method: "GET", detail: "there is no status document" }),
      nobody,
      1,
      "/team/a b: this is no status document; check the URL",
    ],
    [
      answered(401),
      { ...nobody, byToken: true },
      5,
      "/team/a b: the token was refused (401); perhaps its time is over, or it is for another server",
    ],
    [answered(403), { ...nobody, byToken: true }, 5, "/team/a b: not allowed (403)"],
    [answered(418), nobody, 1, "/team/a b: refused (418)"],
    [answered(599), nobody, 1, "/team/a b: the server failed (599)"],
  ])("%s", async (error, context, exitCode, message) => {
    expect(await told(error, context)).toEqual([exitCode, message]);
  });

  test("what a server says does no harm, and does not fill the screen", async () => {
    const [, message] = await told(answered(500, { detail: `\u001B[2J${"x".repeat(10_000)}` }));
    expect(message).toContain("\\x1b[2J");
    expect(message?.length).toBeLessThan(400);
  });

  test("asks about the lock roots that the server named", async () => {
    const asked: (readonly URL[])[] = [];
    const context = {
      ...nobody,
      lockHolder: async (places: readonly URL[]) => {
        asked.push(places);
        return undefined;
      },
    };
    const root = new URL("https://files.example/team/");
    await explain(answered(423, { hrefs: [root] }), context);
    await explain(answered(423), context);
    expect(asked).toEqual([[root], [url]]);
  });
});

describe("members that failed", () => {
  const member = (name: string, status: number) => ({ url: new URL(name, url), status });

  test("are listed without those that only failed because of them (RFC 4918 §11.4)", async () => {
    const members = [member("one", 423), member("two", 204), member("three", 424), member("%1Bfour", 403)];
    const explanation = await explain(new MultistatusError("DELETE", url, members), nobody);
    expect(explanation).toMatchObject({
      exitCode: 3,
      message: "DELETE /team/a b: 2 files and folders failed; the rest may be done",
      details: ["/team/one: locked", "/team/\\x1bfour: not allowed"],
    });
    expect(explanation?.facts?.["failed"]).toHaveLength(3);
  });

  test("of a change of properties mean that none was made (RFC 4918 §9.2)", async () => {
    const error = new MultistatusError("PROPPATCH", url, [
      { url, status: 403 },
      { url, status: 424 },
    ]);
    expect(await told(error)).toEqual([5, "/team/a b: not allowed; no property was changed"]);
  });

  test("have an end", async () => {
    const members = Array.from({ length: 1000 }, (_, index) => member(`m${index}`, 403));
    const explanation = await explain(new MultistatusError("DELETE", url, members), nobody);
    expect(explanation?.details).toHaveLength(mostMembersTold + 1);
    expect(explanation?.details?.at(-1)).toBe("... and 950 more");
  });
});

describe("a redirection of a method", () => {
  test.each([
    [
      "PROPFIND",
      302,
      "https://login.example/saml?next=%2Fteam",
      /^.*redirects PROPFIND to https:\/\/login\.example\/saml \(302\); where that is a page to log in/,
    ],
    ["PROPFIND", 307, "https://login.example/", /redirects PROPFIND to https:\/\/login\.example\/ \(307\)/],
    ["PUT", 302, "/login?next=/team/a%20b", /redirects PUT to https:\/\/files\.example\/login \(302\); /],
    ["MOVE", 303, "/index.php", /redirects MOVE to /],
    ["PROPFIND", 302, "/team/a%20b/", /elsewhere \(302\); try https:\/\/files\.example\/team\/a%20b\/$/],
    [
      "PROPFIND",
      301,
      "/dav/team/a%20b",
      /elsewhere \(301\); try https:\/\/files\.example\/dav\/team\/a%20b$/,
    ],
    ["PROPFIND", 308, "https://new.example/team/a%20b", /elsewhere \(308\); try https:\/\/new\.example/],
    [
      "GET",
      302,
      "https://store.example/x?key=1",
      /elsewhere \(302\); try https:\/\/store\.example\/x\?key=1$/,
    ],
  ] as const)("%s, %d to %s", async (method, status, Location, said) => {
    const error = answered(status, { method, headers: new Headers({ Location }) });
    expect(await told(error)).toEqual([1, expect.stringMatching(said)]);
  });
});

describe("what to do where members of a folder failed", () => {
  const lost = new ConnectionError("lost", "reset", { mayHaveArrived: false });
  const conflict = new MemberError("conflict", "both changed");
  test.each<[readonly Error[], Partial<FolderSummary>, string]>([
    [[lost], {}, "1 failed; run the same command again to go on"],
    [[conflict, lost], {}, "2 failed; run the same command again to go on"],
    [
      [answered(503)],
      { deletionsLeftOut: true },
      "1 failed; so nothing was deleted; run the same command again to go on",
    ],
    [[answered(403)], {}, "1 failed; the rest is done; once that is mended, run the same command again"],
    [[answered(507)], {}, "1 failed; the rest is done; once that is mended, run the same command again"],
    [
      [conflict],
      { deletionsLeftOut: true },
      "1 failed; so nothing was deleted; once that is mended, run the same command again",
    ],
    [[conflict], {}, "1 failed; the rest is done; once that is mended, run the same command again"],
    [
      [new ConnectionError("tls", "expired", { mayHaveArrived: false })],
      { endedEarly: true, deletionsLeftOut: true, deleted: 2 },
      "1 failed; so nothing more was deleted; the rest was not tried; once that is mended, run the same command again",
    ],
  ])("%s", async (errors, more, message) => {
    const failed = errors.map((error, index) => ({ path: `m${index}`, error }));
    const lists = { failures: failed.length, failed, ignored: [], renamed: [], rewritten: [], deleted: 0 };
    const summary = {
      ...lists,
      deletionsLeftOut: false,
      endedEarly: false,
      ...more,
    } as unknown as FolderSummary;
    expect(await told(new FolderError(summary))).toEqual([3, message]);
  });
});

test("a member of a folder that failed is named once", async () => {
  const member = (path: string, error: Error) => ({ path, error });
  const summary = {
    failures: 2,
    failed: [
      member("a/b", answered(403, { url: new URL("https://files.example/team/dir/a/b") })),
      member("c", new OutcomeUnknownError("PUT", new URL("https://files.example/team/dir/c"), undefined)),
    ],
    ignored: [],
    renamed: [{ path: "d/e\u0301\u202E", name: "\u00e9" }],
    rewritten: [{ path: "f", sent: 3, stored: 4 }],
  } as unknown as FolderSummary;
  const explanation = await explain(new FolderError(summary), nobody);
  expect(explanation?.details).toEqual([
    `"d/e\u0301\\u202e" is listed as "\u00e9", and is taken for the same from now on`,
    expect.stringMatching(/^f: the server stored 4 B of the 3 B that it was sent; .* taken for the same/),
    "/team/dir/a/b: not allowed (403); the server asks for no login here; perhaps with a token: --token-file FILE",
    expect.stringMatching(/^c: PUT \/team\/dir\/c: no answer says what became of it, and /),
  ]);
});

describe("no final response", () => {
  const lost = { mayHaveArrived: true };
  test.each<[ConnectionError, string]>([
    [
      new ConnectionError("name-unknown", "x.example", lost),
      "there is no server of that name: x.example; check the URL",
    ],
    [new ConnectionError("refused", "127.0.0.1:1", lost), "the server was not reached: 127.0.0.1:1"],
    [
      new ConnectionError("tls", "self-signed", lost),
      "the connection would not be safe: self-signed; --cacert FILE names an authority to trust, --insecure trusts every certificate",
    ],
    [
      new ConnectionError(
        "tls",
        "the certificate of a is signed by itself (self-signed): if you trust it, give its certificate as `ca` (NODE_EXTRA_CA_CERTS for all programs)",
        lost,
      ),
      "the connection would not be safe: the certificate of a is signed by itself (self-signed); --cacert FILE names an authority to trust, --insecure trusts every certificate",
    ],
    [
      new ConnectionError("tls", "cannot load the client certificate or key: mismatch", lost),
      "the connection would not be safe: cannot load the client certificate or key: mismatch; do --cert and --key fit?",
    ],
    [new ConnectionError("lost", "reset", lost), "the connection was lost: reset"],
    [new ConnectionError("lost", "the server is not ready: 503", lost), "the server is not available: 503"],
    [
      new ConnectionError("tls", "no TLS with a.example: it does not speak TLS", lost),
      "the server does not speak TLS there: a.example",
    ],
    [
      new ConnectionError("lost", "reset", { ...lost, interims: 2 }),
      "the connection was lost: reset (after 102s: perhaps a proxy in between cannot relay them)",
    ],
    [
      new ConnectionError("idle", "60 s", lost),
      "no sign of life: 60 s; --idle-timeout sets how long to wait",
    ],
    [new ConnectionError("timeout", "60 s", lost), "not done in time: 60 s; --timeout sets how long to wait"],
    [new ConnectionError("malformed", "\u0007", lost), "the server sent an invalid response: \\x07"],
    [new ConnectionError("proxy", "407", lost), "the proxy refused the connection: 407"],
  ])("%s ends with 6", async (error, message) => {
    expect(await told(error)).toEqual([6, message]);
  });

  test("how it can be gone on with is told", async () => {
    const [, message] = await told(new ConnectionError("lost", "reset", lost), {
      ...nobody,
      resumable: true,
    });
    expect(message).toBe("the connection was lost: reset; run the same command again to go on");
    const hopeless = new ConnectionError("name-unknown", "x.example", lost);
    expect(await told(hopeless, { ...nobody, resumable: true })).toEqual([
      6,
      "there is no server of that name: x.example; check the URL",
    ]);
  });
});

test.each<[unknown, number, RegExp]>([
  [
    new OutcomeUnknownError("MOVE", url, new ConnectionError("lost", "reset", { mayHaveArrived: true })),
    7,
    /^MOVE \/team\/a b: the connection was lost, and .* look, before you do it again \(reset\)$/,
  ],
  [new OutcomeUnknownError("MOVE", url, answered(503)), 7, /^MOVE \/team\/a b: it was answered 503, and /],
  [
    Object.assign(new TypeError("socks: proxies are not known here"), { code: "ERR_PROXY" }),
    2,
    /^socks: proxies are not known here$/,
  ],
  [new CancelledError(undefined), 9, /^the operation was cancelled$/],
  [
    new DetachedError(url),
    130,
    /^left; it goes on\. To come back: meanwhile watch https:\/\/files\.example\/team\/a%20b$/,
  ],
  [new DetachedError(undefined), 130, /^left; the server gave no address to ask at/],
  [new StoppedError("SIGTERM"), 143, /^stopped$/],
  [wrongUsage("so not"), 2, /^so not$/],
  [Object.assign(new Error("x"), { code: "ENOENT", path: "/a\n" }), 1, /^\/a\\n: there is no such file$/],
  [Object.assign(new Error("x"), { code: "ENOSPC" }), 1, /^no space left on this machine$/],
  [Object.assign(new Error("EXDEV: cross-device"), { code: "EXDEV" }), 1, /^EXDEV: cross-device$/],
  [Object.assign(new TypeError("not below"), { code: "ERR_OUTSIDE_BASE" }), 2, /^not below$/],
])("%s", async (error, exitCode, message) => {
  expect(await told(error)).toEqual([exitCode, expect.stringMatching(message)]);
});

test.each([
  new TypeError("x is not a function"),
  Object.assign(new TypeError("x"), { code: "ERR_ASSERTION" }),
  "text",
])("a fault of ours is not explained away: %s", async (error) => {
  expect(await explain(error, nobody)).toBeUndefined();
});
