import { createHash, randomBytes } from "node:crypto";
import { heldTables, type LoginAttempt, type Logins } from "@meanwhile/server";
import { hashSync } from "bcryptjs";
import { describe, expect, test } from "vitest";
import { createAuthenticator } from "./authenticator.ts";
import { createBcryptThreads } from "./basic/bcrypt-threads.ts";
import { parseHtpasswd } from "./basic/htpasswd.ts";
import { parseHtdigest } from "./digest/htdigest.ts";
import { mostFailures } from "./throttle.ts";

const verify = createBcryptThreads();
const basicFile = `ann:${hashSync("open sesame", 4)}\nzo\u00eb:${hashSync("caf\u00e9", 4)}`;
const digestLine = (user: string, password: string) =>
  `${user}:Files:${createHash("sha256").update(`${user}:Files:${password}`).digest("hex")}`;

interface Files {
  basic?: string;
  digest?: string;
}

async function open(files: Files) {
  const parsed = { basic: "", digest: "" };
  let [users, digestUsers] = [parseHtpasswd(basicFile), parseHtdigest(digestLine("x", "x"), undefined)];
  const current = () => {
    if (files.basic !== undefined && files.basic !== parsed.basic) users = parseHtpasswd(files.basic);
    if (files.digest !== undefined && files.digest !== parsed.digest)
      digestUsers = parseHtdigest(files.digest, undefined);
    Object.assign(parsed, files);
  };
  const watched = <Content>(content: () => Content) => ({
    current: () => {
      current();
      return content();
    },
  });
  const { authenticate, logins } = await createAuthenticator({
    users: files.basic === undefined ? undefined : watched(() => users),
    digestUsers: files.digest === undefined ? undefined : watched(() => digestUsers),
    realm: "Files",
    tables: heldTables({ clock: () => 1_000_000 }),
    random: randomBytes,
    verify,
  });
  return { authenticate, logins: logins as Logins };
}

const attempt = (user: string, password: string): LoginAttempt => ({ user, password, address: "192.0.2.1" });
const known = (principal: string) => ({ kind: "known", principal });

describe("logging in by a form", () => {
  test.each([
    ["ann", "open sesame", known("ann")],
    ["DOMAIN\\ann", "open sesame", known("ann")],
    ["zoe\u0308", "cafe\u0301", known("zo\u00eb")],
    ["ann", "open", { kind: "wrong" }],
    ["ann:open", " sesame", { kind: "wrong" }],
    ["nobody", "open sesame", { kind: "wrong" }],
    ["a".repeat(300), "x", { kind: "wrong" }],
    ["ann", "", { kind: "wrong" }],
  ])("%s, %s, with the users of Basic", async (user, password, verdict) => {
    expect(await (await open({ basic: basicFile })).logins.judge(attempt(user, password))).toEqual(verdict);
  });

  test.each([
    ["bob", "123\u00a3", known("bob")],
    ["bob", "123", { kind: "wrong" }],
    ["nobody", "123\u00a3", { kind: "wrong" }],
  ])("%s, %s, with the users of Digest, MD5 and SHA-256", async (user, password, verdict) => {
    const md5 = `bob:Files:${createHash("md5").update("bob:Files:123\u00a3").digest("hex")}`;
    for (const digest of [digestLine("bob", "123\u00a3"), md5])
      expect(await (await open({ digest })).logins.judge(attempt(user, password))).toEqual(verdict);
  });

  test("with users of both kinds, those of each", async () => {
    const { logins } = await open({ basic: basicFile, digest: digestLine("bob", "b") });
    expect(await logins.judge(attempt("ann", "open sesame"))).toEqual(known("ann"));
    expect(await logins.judge(attempt("bob", "b"))).toEqual(known("bob"));
    expect(await logins.judge(attempt("bob", "open sesame"))).toEqual({ kind: "wrong" });
  });

  test.each([[{ basic: basicFile }], [{ digest: digestLine("ann", "a") }]])(
    "wrong passwords by the form and by programs are counted together: %#",
    async (files: Files) => {
      const { logins, authenticate } = await open(files);
      for (let count = 0; count < mostFailures; count += 1)
        expect((await logins.judge(attempt("ann", `guess ${count}`))).kind).toBe("wrong");
      expect((await logins.judge(attempt("ann", "another"))).kind).toBe("throttled");
      if (files.basic === undefined) return;
      const judged = await authenticate({
        method: "GET",
        target: "/",
        headers: { authorization: `Basic ${Buffer.from("ann:open sesame").toString("base64")}` },
        address: "192.0.2.1",
        secure: true,
        loopback: false,
      });
      expect(judged.kind).toBe("throttled");
    },
  );

  test("the mark changes with the user's password alone, and is gone with the user", async () => {
    const files: Files = { basic: basicFile, digest: digestLine("bob", "b") };
    const { logins } = await open(files);
    const [ann, bob] = [logins.mark("ann"), logins.mark("bob")];
    expect([ann, bob].every((mark) => mark !== undefined)).toBe(true);
    files.basic = `ann:${hashSync("another", 4)}`;
    expect(logins.mark("ann")).not.toBe(ann);
    expect(logins.mark("bob")).toBe(bob);
    expect(logins.mark("zo\u00eb")).toBeUndefined();
  });
});
