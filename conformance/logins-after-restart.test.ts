/** Failed logins, and nonces that were used, count in the next process as well. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type KillableServer, startKillable } from "./killable-server.ts";
import { realm, user, writeDigestUsers, writeUsers } from "./users.ts";

let place: string;
let server: KillableServer;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "meanwhile-logins-"));
  await mkdir(join(place, "folder"));
});
afterEach(async () => {
  await server.kill();
  await rm(place, { recursive: true });
});

async function start(args: readonly string[]): Promise<void> {
  server = await startKillable({ folder: join(place, "folder"), state: join(place, "state") }, { args });
}

const ask = (authorization?: string): Promise<Response> =>
  fetch(server.url, { method: "HEAD", headers: authorization === undefined ? {} : { authorization } });

const basic = (password: string): string =>
  `Basic ${Buffer.from(`${user.name}:${password}`).toString("base64")}`;

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

function digest(nonce: string, count: string): string {
  const [a1, a2] = [md5(`${user.name}:${realm}:${user.password}`), md5("HEAD:/")];
  const response = md5(`${a1}:${nonce}:${count}:c:auth:${a2}`);
  const fields = `username="${user.name}", realm="${realm}", nonce="${nonce}", uri="/", response="${response}"`;
  return `Digest ${fields}, algorithm=MD5, qop=auth, nc=${count}, cnonce="c"`;
}

describe.each(["kill", "terminate"] as const)("after %s and a new start", (end) => {
  test("who tried ten wrong passwords still has to wait", async () => {
    const args = ["--users", await writeUsers(place)];
    await start(args);
    for (let attempt = 1; attempt <= 10; attempt += 1) expect((await ask(basic("guess"))).status).toBe(401);
    await server[end]();
    await start(args);
    const { status, headers } = await ask(basic(user.password));
    expect(status).toBe(429);
    expect(Number(headers.get("Retry-After"))).toBeGreaterThan(200);
  });

  test("MUST: a count of a nonce is taken once; its next count is good (RFC 7616 §3.4)", async () => {
    const args = ["--digest-users", await writeDigestUsers(place)];
    await start(args);
    const challenge = (await ask()).headers.get("WWW-Authenticate") ?? "";
    const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? "";
    expect((await ask(digest(nonce, "00000001"))).status).toBe(200);
    await server[end]();
    await start(args);
    const replayed = await ask(digest(nonce, "00000001"));
    expect([replayed.status, replayed.headers.get("WWW-Authenticate")]).toEqual([
      401,
      expect.stringContaining("stale=true"),
    ]);
    expect((await ask(digest(nonce, "00000002"))).status).toBe(200);
  });
});
