import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import type { Logins, LoginVerdict } from "./logins.ts";

const place = "/.meanwhile/operations/session";
const passwords = new Map([["ann", "sesame"]]);
let verdict: LoginVerdict | undefined;
const logins: Logins = {
  judge: async ({ user, password }) =>
    verdict ?? (passwords.get(user) === password ? { kind: "known", principal: user } : { kind: "wrong" }),
  mark: (principal) => passwords.get(principal),
};
const challenges = ['Digest realm="x"', 'Basic realm="x"'];

let server: Served;
const start = async (options: ServeOptions = {}): Promise<void> => {
  await server?.close();
  server = await serve({
    logins,
    authenticate: ({ headers }) =>
      headers.authorization === "Basic ann"
        ? { kind: "known", principal: "ann" }
        : { kind: "challenge", challenges },
    ...options,
  });
};
beforeEach(async () => {
  verdict = undefined;
  passwords.set("ann", "sesame");
  await start();
});
afterEach(() => server.close());

const form = { "Content-Type": "application/x-www-form-urlencoded" };
const own = { Host: "files.example", "Sec-Fetch-Site": "same-origin" };
const shows = { ...own, "Sec-Fetch-Mode": "navigate", Accept: "text/html,*/*;q=0.8" };
const right = "user=ann&password=sesame";

/** The cookie of a new session, as it is sent back. */
async function logIn(fields: Record<string, string> = {}): Promise<Record<string, string>> {
  const answer = await server.ask("POST", place, { ...form, ...own, ...fields }, right);
  expect(answer.status).toBe(303);
  const set = answer.field("set-cookie") ?? "";
  return { Host: "files.example", Cookie: set.slice(0, set.indexOf(";")) };
}

describe("a login by a form", () => {
  test("leads to where its user wanted to go, and never elsewhere", async () => {
    const to = async (path: string) => {
      const content = `${right}&to=${encodeURIComponent(path)}`;
      return (await server.ask("POST", place, { ...form, ...own }, content)).field("location");
    };
    expect(await to("/a%20b/?c=d")).toBe("/a%20b/?c=d");
    for (const path of [
      "https://evil.example/",
      "//evil.example/",
      "/\\evil.example/",
      "/.//evil.example/",
      "a",
      "",
    ])
      expect(await to(path)).toBe("/");
  });

  test("makes its user the principal that Basic makes", async () => {
    const cookie = await logIn();
    expect((await server.ask("GET", "/", cookie)).status).toBe(200);
    await server.ask("MKCOL", "/mine", { ...cookie, ...own });
    await server.ask("GET", "/", { Authorization: "Basic ann" });
    expect(server.log.slice(-3).map(({ principal }) => principal)).toEqual(["ann", "ann", "ann"]);
  });

  test("of a script is answered with its user, and a wrong one with 401 and no window of the browser's", async () => {
    const fields = { ...form, ...own, Accept: "application/json" };
    const answer = await server.ask("POST", place, fields, right);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({ user: "ann" });
    const wrong = await server.ask("POST", place, fields, "user=ann&password=x");
    expect(wrong.status).toBe(401);
    expect(wrong.field("www-authenticate")).toBe(`Cookie form-action="${place}"`);
    expect(wrong.field("set-cookie")).toBeUndefined();
  });

  test("that is wrong shows the form again, with the name and without the password", async () => {
    const content = `user=${encodeURIComponent('"><b>')}&password=s3cret&to=/a/`;
    const answer = await server.ask("POST", place, { ...form, ...own }, content);
    expect(answer.status).toBe(401);
    expect(answer.body).toContain("The user name or the password is wrong.");
    expect(answer.body).toContain('value="&quot;&gt;&lt;b&gt;"');
    expect(answer.body).toContain('name="to" value="/a/"');
    expect(answer.body).not.toContain("s3cret");
    expect(answer.field("cache-control")).toBe("no-store");
  });

  test.each([
    [{ kind: "throttled", retryAfterSeconds: 61 } as const, 429, "61", "Try again in 2 minutes."],
    [{ kind: "overloaded", retryAfterSeconds: 2 } as const, 503, "2", "Too many log in at once."],
  ])("that is %j is told so", async (judged, status, after, text) => {
    verdict = judged;
    const answer = await server.ask("POST", place, { ...form, ...own }, right);
    expect(answer.status).toBe(status);
    expect(answer.field("retry-after")).toBe(after);
    expect(answer.body).toContain(text);
  });

  test.each([
    ["another site's page", { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" }],
    ["a page of another port", { "Sec-Fetch-Site": "same-site", Origin: "http://files.example:1" }],
    ["a page that CORS lets in", { "Sec-Fetch-Site": "cross-site", Origin: "https://app.example" }],
    ["a request that says nothing of its page", {}],
  ])("of %s is refused", async (_, fields) => {
    await start({ cors: ["https://app.example"] });
    const answer = await server.ask("POST", place, { ...form, Host: "files.example", ...fields }, right);
    expect(answer.status).toBe(403);
    expect(answer.field("set-cookie")).toBeUndefined();
  });

  test("takes no password over plain HTTP from elsewhere, nor a cookie there", async () => {
    const cookie = await logIn();
    // A hop that shows: the client is not on this machine.
    const hop = { Via: "1.1 proxy" };
    const answer = await server.ask("POST", place, { ...form, ...own, ...hop }, right);
    expect(answer.status).toBe(403);
    expect((await server.ask("GET", "/", { ...cookie, ...hop })).field("www-authenticate")).toContain(
      "Basic",
    );
  });

  test("needs a form of no more than 16 KB, and a user", async () => {
    const post = (fields: Record<string, string>, content: string) =>
      server.ask("POST", place, { ...own, ...fields }, content);
    expect((await post({ "Content-Type": "text/plain" }, right)).status).toBe(415);
    expect((await post(form, `user=ann&password=${"x".repeat(16 * 1024)}`)).status).toBe(413);
    expect((await post(form, "password=x")).status).toBe(400);
    expect((await server.ask("PUT", place, own, right)).status).toBe(405);
    expect((await server.ask("POST", `${place}/x`, own, right)).status).toBe(404);
  });
});

describe("a session", () => {
  const mkcol = async (fields: Record<string, string>) => (await server.ask("MKCOL", "/a", fields)).status;

  test("changes something only where the request says that a page of ours sent it", async () => {
    const cookie = await logIn();
    expect(await mkcol(cookie)).toBe(403);
    expect(await mkcol({ ...cookie, Origin: "https://evil.example" })).toBe(403);
    expect(await mkcol({ ...cookie, "Sec-Fetch-Site": "none" })).toBe(403);
    expect(await mkcol({ ...cookie, "Sec-Fetch-Site": "cross-site", Origin: "http://files.example" })).toBe(
      401,
    );
    expect(await mkcol({ ...cookie, Origin: "http://files.example" })).toBe(201);
  });

  test("is nothing to a page of another origin of the same site, even one that CORS lets in", async () => {
    await start({ cors: ["http://files.example:1"] });
    const cookie = await logIn();
    const fields = { ...cookie, Origin: "http://files.example:1", "Sec-Fetch-Site": "same-site" };
    const answer = await server.ask("PROPFIND", "/", { ...fields, "Sec-Fetch-Mode": "cors", Depth: "0" });
    expect(answer.status).toBe(401);
  });

  test("tells whose it is, and ends by log-out with its event streams", async () => {
    const cookie = await logIn();
    const whose = async () => JSON.parse((await server.ask("GET", place, cookie)).body);
    expect(await whose()).toEqual({ user: "ann" });
    const stream = server.dial();
    const list =
      "GET /.meanwhile/operations/ HTTP/1.1\r\nHost: files.example\r\nAccept: text/event-stream\r\n";
    stream.send(`${list}Cookie: ${cookie["Cookie"]}\r\n\r\n`);
    expect((await stream.head()).status).toBe(200);
    const cut = new Promise((resolve) => stream.socket.once("close", resolve));
    const ended = await server.ask("POST", `${place}/end`, { ...cookie, ...own });
    expect(ended.status).toBe(303);
    expect(ended.field("set-cookie")).toContain("Max-Age=0");
    await cut;
    expect(await whose()).toEqual({});
    expect((await server.ask("GET", "/", cookie)).status).toBe(401);
  });

  test("before it, the browser's other one ends", async () => {
    const first = await logIn();
    await logIn(first);
    expect((await server.ask("GET", "/", first)).status).toBe(401);
  });

  test("ends once the password was changed", async () => {
    const cookie = await logIn();
    passwords.set("ann", "another");
    expect((await server.ask("GET", "/", cookie)).status).toBe(401);
  });

  test("ends once its user was removed", async () => {
    const cookie = await logIn();
    passwords.delete("ann");
    expect((await server.ask("GET", "/", cookie)).status).toBe(401);
    passwords.set("ann", "sesame");
    expect((await server.ask("GET", "/", cookie)).status).toBe(401);
  });

  test("ends after twelve hours without a request, and not before", async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const hours = (number: number) => (nowMs += number * 60 * 60 * 1000);
    await start({ now: () => nowMs });
    const cookie = await logIn();
    for (const idle of [11, 11.99]) {
      hours(idle);
      expect((await server.ask("GET", "/", cookie)).status).toBe(200);
    }
    hours(12);
    expect((await server.ask("GET", "/", cookie)).status).toBe(401);
    expect(JSON.parse((await server.ask("GET", place, cookie)).body)).toEqual({});
  });

  test("is not there where nobody logs in by a form", async () => {
    await start({
      authenticate: () => ({ kind: "anonymous" }),
      logins: undefined,
    } as unknown as ServeOptions);
    expect((await server.ask("GET", place)).status).toBe(404);
  });
});

describe("a request without credentials", () => {
  test.each([
    ["a program's", {}],
    ["a program's that likes HTML", { Accept: "text/html, */*" }],
    ["another site's script", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors" }],
  ])("gets the challenges of Basic and Digest: %s", async (_, fields) => {
    const answer = await server.ask("GET", "/", fields);
    expect(answer.status).toBe(401);
    expect(answer.field("www-authenticate")).toBe(challenges.join(", "));
  });

  test("of a browser that is to show something gets the form, wherever it is", async () => {
    for (const path of ["/a/", "/.meanwhile/operations/"]) {
      const answer = await server.ask("GET", `${path}?b=c`, shows);
      expect(answer.status).toBe(401);
      expect(answer.field("www-authenticate")).not.toMatch(/Basic|Digest/);
      expect(answer.body).toContain(`<form method="post" action="${place}">`);
      expect(answer.body).toContain(`name="to" value="${path}?b=c"`);
      expect(answer.body).not.toContain("refresh");
      expect(answer.field("content-security-policy")).toContain("form-action 'self'");
    }
  });

  test("of a browser that came by another site's link is made once more, for its cookie was not sent", async () => {
    const answer = await server.ask("GET", "/", { ...shows, "Sec-Fetch-Site": "cross-site" });
    expect(answer.body).toContain('<meta http-equiv="refresh" content="0">');
  });

  test("of our page's script gets a 401 that opens no window", async () => {
    const answer = await server.ask("PROPFIND", "/", { ...own, "Sec-Fetch-Mode": "cors" });
    expect(answer.status).toBe(401);
    expect(answer.field("www-authenticate")).toBe(`Cookie form-action="${place}"`);
  });
});
