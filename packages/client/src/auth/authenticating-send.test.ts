import { describe, expect, test } from "vitest";
import { nodeDigest } from "../node-crypto.ts";
import type { Send } from "../send/send.ts";
import { type ScriptedAnswer, type SeenRequest, scriptedServer } from "../testing/scripted-server.ts";
import { authenticatingSend } from "./authenticating-send.ts";
import { type CredentialOptions, credentialsOf, type TokenSource } from "./credentials.ts";
import { loginRefusal } from "./login-refusal.ts";

const origin = "https://files.example";
const url = new URL(`${origin}/dav/a`);
const ann = { kind: "password", username: "ann", password: "p:\u00E9" } as const;
const basicOfAnn = "Basic YW5uOnA6w6k=";

describe("a name and a password", () => {
  test("go out once the server asks, and from then on at once (RFC 7617)", async () => {
    const server = scriptedServer(wantsBasic);
    const send = authenticatingSend(server.send, { origin, credentials: ann });
    expect((await send(url, { method: "PUT", content: "x" })).status).toBe(200);
    expect((await send(url)).status).toBe(200);
    expect(
      server.seen.map(({ method, content, headers }) => [method, content, headers.get("authorization")]),
    ).toEqual([
      ["PUT", "x", null],
      ["PUT", "x", basicOfAnn],
      ["GET", "", basicOfAnn],
    ]);
  });

  test("go out with the first request where that is wanted, and once only where they are wrong", async () => {
    const server = scriptedServer(wantsBasic);
    const send = authenticatingSend(server.send, { origin, credentials: ann, basicAtOnce: true });
    expect((await send(url)).status).toBe(200);
    const wrong = scriptedServer(challenge('Basic realm="a"'));
    const refused = authenticatingSend(wrong.send, { origin, credentials: ann, basicAtOnce: true });
    expect((await refused(url)).status).toBe(401);
    expect([server.seen.length, wrong.seen.length]).toEqual([1, 1]);
    expect(wrong.seen[0]?.headers.get("authorization")).toBe(basicOfAnn);
    await send(new URL("https://evil.example/"));
    expect(server.seen.at(-1)?.headers.has("authorization")).toBe(false);
  });

  test("that are wrong are tried once, and not told in the answer", async () => {
    const server = scriptedServer(challenge('Basic realm="a"'));
    const send = authenticatingSend(server.send, { origin, credentials: ann });
    expect((await send(url)).status).toBe(401);
    expect(server.seen).toHaveLength(2);
    expect((await send(url)).status).toBe(401);
    expect(server.seen).toHaveLength(3);
  });

  test("never go to another origin", async () => {
    const server = scriptedServer(wantsBasic);
    const send = authenticatingSend(server.send, { origin, credentials: ann });
    await send(url);
    for (const other of [
      "http://files.example/dav/a",
      "https://files.example:444/dav/a",
      "https://evil.example/",
    ]) {
      expect((await send(new URL(other))).status).toBe(401);
      expect(server.seen.at(-1)?.headers.has("authorization")).toBe(false);
    }
  });

  test("answer Digest rather than Basic where the server takes both", async () => {
    const server = scriptedServer((request) =>
      request.headers.get("authorization")?.startsWith("Digest ")
        ? new Response("")
        : challenge('Basic realm="a", Digest realm="a", nonce="n", qop="auth", algorithm=SHA-256'),
    );
    const send = authenticatingSend(server.send, { origin, credentials: ann, digest: nodeDigest });
    expect((await send(url)).status).toBe(200);
    expect(server.seen.some(({ headers }) => headers.get("authorization")?.startsWith("Basic "))).toBe(false);
  });

  test("answer Basic where Digest cannot be answered, as in browsers", async () => {
    const server = scriptedServer((request) =>
      request.headers.has("authorization")
        ? new Response("")
        : challenge('Digest realm="a", nonce="n", Basic realm="a"'),
    );
    const send = authenticatingSend(server.send, { origin, credentials: ann });
    expect((await send(url)).status).toBe(200);
    expect(server.seen[1]?.headers.get("authorization")).toBe(basicOfAnn);
  });

  test("are not sent for schemes that nobody knows", async () => {
    const server = scriptedServer(challenge("Negotiate"));
    const send = authenticatingSend(server.send, { origin, credentials: ann, digest: nodeDigest });
    expect((await send(url)).status).toBe(401);
    expect(server.seen).toHaveLength(1);
  });
});

describe("Digest", () => {
  const nonceOf = (field: string | null): string | undefined => / nonce="(\w+)"/.exec(field ?? "")?.[1];
  const wants = (nonce: string, more = ""): Response =>
    challenge(`Digest realm="a", nonce="${nonce}", qop="auth"${more}`);

  test("answers again with the new nonce where the old one is stale (RFC 7616 §3.3)", async () => {
    let current = "n1";
    const server = scriptedServer(({ headers }) =>
      nonceOf(headers.get("authorization")) === current ? new Response("") : wants(current, ", stale=true"),
    );
    const send = authenticatingSend(server.send, { origin, credentials: ann, digest: nodeDigest });
    expect((await send(url)).status).toBe(200);
    current = "n2";
    expect((await send(url)).status).toBe(200);
    expect(server.seen.map(({ headers }) => nonceOf(headers.get("authorization")))).toEqual([
      undefined,
      "n1",
      "n1",
      "n2",
    ]);
  });

  test("also where the server does not say that it is, if the password was right before", async () => {
    let current = "n1";
    const server = scriptedServer(({ headers }) =>
      nonceOf(headers.get("authorization")) === current ? new Response("") : wants(current),
    );
    const send = authenticatingSend(server.send, { origin, credentials: ann, digest: nodeDigest });
    await send(url);
    current = "n2";
    expect((await send(url)).status).toBe(200);
  });

  /** Each nonce is good for one request; it says `stale` where one was spent, or does not. */
  function oneTime(more: string): { readonly send: Send; readonly seen: readonly SeenRequest[] } {
    const open = new Set<string>();
    let nonces = 0;
    return scriptedServer(({ headers }) => {
      const nonce = nonceOf(headers.get("authorization"));
      if (nonce !== undefined && open.delete(nonce)) return new Response("");
      nonces += 1;
      open.add(`n${nonces}`);
      return wants(`n${nonces}`, nonce === undefined ? "" : more);
    });
  }

  test.each(["", ", stale=true"])("nonces that are good for one request (%j)", async (more) => {
    const server = oneTime(more);
    const send = authenticatingSend(server.send, { origin, credentials: ann, digest: nodeDigest });
    for (let turn = 0; turn < 3; turn += 1) expect((await send(url)).status).toBe(200);
    const all = await Promise.all(Array.from({ length: 8 }, () => send(url)));
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    for (let turn = 0; turn < 3; turn += 1) {
      const content = new Blob(["abc"]).stream();
      expect((await send(url, { method: "PUT", content })).status).toBe(200);
    }
    const puts = server.seen.filter(({ method }) => method === "PUT");
    expect(puts.map(({ content }) => content)).toEqual(["abc", "abc", "abc"]);
  });

  test("is not answered by Basic later, where TLS does not protect the password", async () => {
    for (const [scheme, expected] of [
      ["http:", 401],
      ["https:", 200],
    ] as const) {
      let field = 'Digest realm="a", nonce="n", qop="auth"';
      const server = scriptedServer(({ headers }) => {
        const given = headers.get("authorization") ?? "";
        return field.startsWith(given.slice(0, 5)) && given !== "" ? new Response("") : challenge(field);
      });
      const place = new URL(`${scheme}//127.0.0.1/a`);
      const send = authenticatingSend(server.send, {
        origin: place.origin,
        credentials: ann,
        digest: nodeDigest,
      });
      expect((await send(place)).status).toBe(200);
      field = 'Basic realm="a"';
      const response = await send(place);
      expect(response.status).toBe(expected);
      if (expected === 200) continue;
      expect(loginRefusal(response.headers)).toEqual({ kind: "downgrade" });
      field = 'Basic realm="a", Digest realm="a", nonce="n", algorithm=SHA3';
      expect((await send(place)).status).toBe(401);
      const told = server.seen.map(({ headers }) => headers.get("authorization") ?? "");
      expect(told.filter((one) => one.startsWith("Basic "))).toEqual([]);
    }
  });

  test("a password that is wrong meanwhile is not tried with nonce after nonce", async () => {
    let right = true;
    let nonces = 0;
    const server = scriptedServer(({ headers }) =>
      right && headers.has("authorization") ? new Response("") : wants(`n${++nonces}`),
    );
    const send = authenticatingSend(server.send, { origin, credentials: ann, digest: nodeDigest });
    await send(url);
    right = false;
    const before = server.seen.length;
    expect((await send(url)).status).toBe(401);
    expect(server.seen.length - before).toBe(2);
  });

  test("gives up where the password is wrong, and where every nonce is stale", async () => {
    let nonces = 0;
    const wrong = scriptedServer(() => wants(`n${++nonces}`));
    const sendWrong = authenticatingSend(wrong.send, { origin, credentials: ann, digest: nodeDigest });
    expect((await sendWrong(url)).status).toBe(401);
    expect(wrong.seen).toHaveLength(2);
    const stale = scriptedServer(() => wants(`n${++nonces}`, ", stale=true"));
    const sendStale = authenticatingSend(stale.send, { origin, credentials: ann, digest: nodeDigest });
    expect((await sendStale(url)).status).toBe(401);
    expect(stale.seen).toHaveLength(3);
  });
});

describe("content that can be sent once", () => {
  test("waits until the server was asked how to log in", async () => {
    const server = scriptedServer(wantsBasic);
    const send = authenticatingSend(server.send, { origin, credentials: ann });
    expect((await send(url, { method: "PUT", content: new Blob(["abc"]).stream() })).status).toBe(200);
    expect(server.seen.map(({ method, content }) => [method, content])).toEqual([
      ["OPTIONS", ""],
      ["PUT", "abc"],
    ]);
  });

  test.each([
    ["ask with OPTIONS", ["OPTIONS"], ["OPTIONS", "PROPFIND"]],
    ["read", ["OPTIONS", "PROPFIND"], ["OPTIONS", "PROPFIND", "UNLOCK"]],
  ])("asks with what changes nothing where everybody may %s", async (_what, free, asked) => {
    const server = scriptedServer((request, options) =>
      free.includes(request.method) ? new Response("") : wantsBasic(request, options),
    );
    const send = authenticatingSend(server.send, { origin, credentials: ann });
    expect((await send(url, { method: "PUT", content: new Blob(["abc"]).stream() })).status).toBe(200);
    expect(server.seen.map(({ method, content }) => [method, content])).toEqual([
      ...asked.map((method) => [method, ""]),
      ["PUT", "abc"],
    ]);
  });

  test("is not asked for again after an upload that needed no login", async () => {
    const server = scriptedServer(new Response(""));
    const send = authenticatingSend(server.send, { origin, credentials: ann });
    await send(url, { method: "PUT", content: "x" });
    await send(url, { method: "PUT", content: new Blob(["abc"]).stream() });
    expect(server.seen.map(({ method }) => method)).toEqual(["PUT", "PUT"]);
  });
});

describe("a token (RFC 6750)", () => {
  const sendWith = (server: ReturnType<typeof scriptedServer>, token: TokenSource) =>
    authenticatingSend(server.send, { origin, credentials: { kind: "token", token } });

  test("goes with every request", async () => {
    const server = scriptedServer(new Response(""));
    await sendWith(server, "abc")(url);
    expect(server.seen[0]?.headers.get("authorization")).toBe("Bearer abc");
  });

  test("that ran out is asked for once more, and told so", async () => {
    const refused: (string | undefined)[] = [];
    let token = "old";
    const server = scriptedServer(({ headers }) =>
      headers.get("authorization") === "Bearer new" ? new Response("") : challenge("Bearer"),
    );
    const send = sendWith(server, async (one) => {
      refused.push(one);
      if (one !== undefined) token = "new";
      return token;
    });
    expect((await send(url)).status).toBe(200);
    expect((await send(url)).status).toBe(200);
    expect(refused).toEqual([undefined, "old", undefined]);
    expect(server.seen).toHaveLength(3);
  });

  test("that stays the same is not sent twice", async () => {
    const server = scriptedServer(challenge("Bearer"));
    expect((await sendWith(server, "abc")(url)).status).toBe(401);
    expect((await sendWith(server, () => "abc")(url)).status).toBe(401);
    expect(server.seen).toHaveLength(2);
  });

  test("with a line end in it goes nowhere", async () => {
    const server = scriptedServer(new Response(""));
    const error = await sendWith(server, () => "secret\r\nX: y")(url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ERR_CREDENTIALS" });
    expect(String(error)).not.toContain("secret");
    expect(server.seen).toHaveLength(0);
  });
});

describe("credentials", () => {
  test.each<[string, CredentialOptions, object | undefined]>([
    ["https://h/", {}, undefined],
    ["https://ann:s%40cret@h/", {}, { kind: "password", username: "ann", password: "s@cret" }],
    ["https://ann@h/", { password: "p" }, { kind: "password", username: "ann", password: "p" }],
    [
      "https://ann:p@h/",
      { username: "bob", password: "q" },
      { kind: "password", username: "bob", password: "q" },
    ],
    ["https://h/", { username: "ann" }, { kind: "password", username: "ann", password: "" }],
    ["https://h/", { token: "t" }, { kind: "token", token: "t" }],
  ])("of %s and %j", (base, options, expected) => {
    const { base: stripped, credentials } = credentialsOf(base, options);
    expect(String(stripped)).toBe("https://h/");
    expect(credentials).toEqual(expected);
  });

  test.each<[string, CredentialOptions]>([
    ["https://ann:secret@h/", { token: "t" }],
    ["https://h/", { password: "secret" }],
    ["https://h/", { username: "ann", password: "secret\n" }],
    ["https://ann:%FFsecret@h/", {}],
    ["https://h/", { token: "secret token" }],
  ])("of %s and %j are refused, and never told", (base, options) => {
    let error: unknown;
    try {
      credentialsOf(base, options);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: "ERR_CREDENTIALS" });
    expect(String(error)).not.toContain("secret");
  });
});

const wantsBasic: ScriptedAnswer = ({ headers }) =>
  headers.get("authorization") === basicOfAnn
    ? new Response("")
    : challenge('Basic realm="a", charset="UTF-8"');

function challenge(field: string): Response {
  return new Response("", { status: 401, headers: { "WWW-Authenticate": field } });
}
