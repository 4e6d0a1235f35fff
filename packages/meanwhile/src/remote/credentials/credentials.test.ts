import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestTerminalOptions, testTerminal } from "../../testing/test-terminal.ts";
import { parseRemoteUrl } from "../remote-url.ts";
import { findCredentials, type TypedCredentials } from "./credentials.ts";
import { secretFileBytes } from "./read-secret.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "meanwhile-credentials-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function secret(name: string, content: string | Uint8Array, mode = 0o600): void {
  writeFileSync(join(home, name), content);
  chmodSync(join(home, name), mode);
}

async function find(typed: TypedCredentials, options: TestTerminalOptions & { readonly url?: string } = {}) {
  const warnings: string[] = [];
  const terminal = testTerminal({ home, cwd: home, ...options });
  const remote = parseRemoteUrl(options.url ?? "https://files.example/x");
  const credentials = await findCredentials(remote, typed, terminal, (text) => void warnings.push(text));
  return { credentials, warnings, questions: terminal.questions };
}

const ann = (password: string) => ({ kind: "login", username: "ann", password });

describe("who logs in", () => {
  test("nobody, where nothing says otherwise", async () => {
    expect(await find({})).toEqual({ credentials: { kind: "none" }, warnings: [], questions: [] });
  });

  test("a name's password is asked at the terminal, and does not appear", async () => {
    const { credentials, questions } = await find({ user: "ann" }, { answers: ["asked"] });
    expect(credentials).toEqual(ann("asked"));
    expect(questions).toEqual([{ text: "Password of ann for files.example: ", hidden: true }]);
  });

  test("a name without a terminal to ask at is refused", async () => {
    await expect(find({ user: "ann" })).rejects.toThrow(
      /^no password for ann: there is no terminal to ask for it/,
    );
  });

  test("the nearer source wins: file, URL, environment, ~/.netrc, terminal", async () => {
    secret(".netrc", "machine files.example login ann password netrc");
    secret("password", "file\nsecond line");
    const all = {
      env: { MEANWHILE_PASSWORD: "env" },
      url: "https://ann:url@files.example/x",
      answers: ["asked"],
    };
    expect((await find({ user: "ann", passwordFile: "password" }, all)).credentials).toEqual(ann("file"));
    expect((await find({}, all)).credentials).toEqual(ann("url"));
    const named = { env: all.env, url: "https://ann@files.example/x" };
    expect((await find({}, named)).credentials).toEqual(ann("env"));
    expect((await find({ user: "ann" }, { answers: ["asked"] })).credentials).toEqual(ann("netrc"));
    expect((await find({ user: "ann", netrc: false }, { answers: ["asked"] })).credentials).toEqual(
      ann("asked"),
    );
  });

  test("a password in the URL is warned of, without it", async () => {
    const { warnings } = await find({}, { url: "https://ann:hunter2@files.example/x" });
    expect(warnings).toEqual([expect.stringContaining("can be seen by everybody on this machine")]);
    expect(warnings.join()).not.toContain("hunter2");
  });

  test("~/.netrc alone is enough; one that others can read is warned of", async () => {
    secret(".netrc", "machine files.example login ann password netrc", 0o644);
    const { credentials, warnings } = await find({});
    expect(credentials).toEqual(ann("netrc"));
    expect(warnings).toEqual([expect.stringMatching(/\.netrc can be read by others: chmod 600 it$/)]);
  });

  test("another .netrc is named by --netrc-file or NETRC, and an IPv6 address has no brackets in it", async () => {
    secret("other", "machine ::1 login ann password six");
    const url = "http://[::1]:8102/x";
    expect((await find({ netrcFile: "other" }, { url })).credentials).toEqual(ann("six"));
    expect((await find({}, { url, env: { NETRC: "other" } })).credentials).toEqual(ann("six"));
  });

  test("a token is found in --token-file and MEANWHILE_TOKEN; a name is nearer than the latter", async () => {
    secret("token", "abc.DEF-123==\n");
    expect((await find({ tokenFile: "token" })).credentials).toEqual({
      kind: "token",
      token: "abc.DEF-123==",
    });
    const env = { MEANWHILE_TOKEN: "xyz", MEANWHILE_PASSWORD: "env" };
    expect((await find({}, { env })).credentials).toEqual({ kind: "token", token: "xyz" });
    expect((await find({ user: "ann" }, { env })).credentials).toEqual(ann("env"));
  });

  test.each([
    [{ user: "ann:hunter2" }, /^--user takes a name only/],
    [{ passwordFile: "x" }, /^--password-file needs --user$/],
    [{ user: "ann", passwordFile: "missing" }, /^--password-file missing: there is no such file$/],
    [{ user: "ann", passwordFile: "empty" }, /^--password-file empty: its first line is empty$/],
    [{ user: "ann", passwordFile: "." }, /is a directory$/],
    [{ user: "ann", passwordFile: "large" }, /larger than 65536 bytes$/],
    [{ user: "ann", passwordFile: "binary" }, /is not UTF-8 text$/],
    [{ tokenFile: "odd" }, /^the token has characters that no Bearer token has$/],
    [{ tokenFile: "odd", user: "ann" }, /^--token-file does not go with --user$/],
    [{ netrcFile: "missing" }, /^--netrc-file missing: there is no such file$/],
    [{ netrcFile: "odd" }, /odd: line 1: machine or default is expected there$/],
  ])("%j is refused", async (typed, message) => {
    secret("empty", "\nsecond");
    secret("odd", "to ken\r\n");
    secret("large", "x".repeat(secretFileBytes + 1));
    secret("binary", Uint8Array.of(0xff, 0xfe, 0x00));
    await expect(find(typed)).rejects.toThrow(message);
    await expect(find(typed)).rejects.toMatchObject({ name: "CommandError", exitCode: 2 });
    await expect(find(typed)).rejects.not.toThrow(/hunter2|to ken/);
  });
});
