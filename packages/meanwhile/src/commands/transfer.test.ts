import type { DavClient } from "@meanwhile/client";
import { describe, expect, test } from "vitest";
import { runProgram } from "../program.ts";
import { testConnection } from "../testing/test-client.ts";
import { testRequest } from "../testing/test-request.ts";
import { testTerminal } from "../testing/test-terminal.ts";

const token = "urn:uuid:e71d4fae-5dec-22d6-fea5-00a0c91e6be4";

/** Runs a command; gives what was asked of the client. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, status = 201) {
  const asked: unknown[] = [];
  const copyOrMove =
    (verb: string): DavClient["copy"] =>
    (from, to, options) => {
      asked.push([verb, String(from), String(to), options]);
      const request = testRequest<{ status: number; created: boolean }>();
      request.end({ status, created: status === 201 });
      return request;
    };
  const connection = testConnection({ copy: copyOrMove("copy"), move: copyOrMove("move") });
  const terminal = testTerminal({ env });
  const code = await runProgram(args, terminal, connection.connect);
  return { code, asked, base: connection.made[0]?.base, terminal };
}

const h = "https://files.example";

describe("where a copy goes", () => {
  test.each([
    [`${h}/a`, `${h}/b`, "/b", "/"],
    [`${h}/d/a`, `${h}/e/`, "/e/a", "/"],
    [`${h}/d/a%2Fb`, `${h}/d/e/`, "/d/e/a%2Fb", "/d/"],
    [`${h}/d/a/`, `${h}/d/b/`, "/d/b/", "/d/"],
    [`${h}/d/a/`, `${h}/d/b`, "/d/b/", "/d/"],
    [`${h}/dav/x`, `${h}/dav/y`, "/dav/y", "/dav/"],
  ])("cp %s %s: to %s, below %s", async (from, to, target, base) => {
    const copied = await run(["cp", from, to]);
    expect(copied.code).toBe(0);
    const options = { overwrite: true, lockTokens: [], depth: "infinity" };
    expect(copied.asked).toEqual([["copy", from, `${h}${target}`, options]]);
    expect(copied.base).toBe(`${h}${base}`);
    const moved = await run(["mv", from, to]);
    expect(moved.asked).toEqual([["move", from, `${h}${target}`, { overwrite: true, lockTokens: [] }]]);
  });
});

test("options go into the request", async () => {
  const args = ["cp", "--shallow", "-n", "--lock-token", `<${token}>`, `${h}/a/`, `${h}/b/`];
  expect((await run(args)).asked).toEqual([
    ["copy", `${h}/a/`, `${h}/b/`, { overwrite: false, lockTokens: [token], depth: "0" }],
  ]);
  const fromEnvironment = await run(["mv", `${h}/a`, `${h}/b`], { MEANWHILE_LOCK_TOKEN: token });
  expect(fromEnvironment.asked).toEqual([
    ["move", `${h}/a`, `${h}/b`, { overwrite: true, lockTokens: [token] }],
  ]);
});

test("a 202 that leads nowhere is not told as done (RFC 9110 §15.3.3)", async () => {
  const text = await run(["mv", `${h}/a`, `${h}/b`], {}, 202);
  expect(text.terminal.printed()).toEqual([
    "accepted, but the server does not tell whether it is done already: moved /a to /b",
  ]);
  const { terminal } = await run(["mv", "--json", `${h}/a`, `${h}/b`], {}, 202);
  expect(JSON.parse(terminal.printed().at(-1) ?? "")).toMatchObject({ action: "accepted", status: 202 });
});

test.each([
  [
    ["cp", "photos", `${h}/b`],
    /^meanwhile: cp works within a server, and "photos" is no URL; perhaps `meanwhile put` is meant$/,
  ],
  [["cp", `${h}/a`, "."], /"\." is no URL; perhaps `meanwhile get` is meant$/],
  [["mv", `${h}/a`, "https://other.example/a"], /are two servers/],
  [["cp", `${h}/a`], /^meanwhile cp: missing required argument 'TO'/],
  [["cp", "--lock-token", "x y", `${h}/a`, `${h}/b`], /^meanwhile: --lock-token takes a lock token/],
])("%j is refused", async (args, message) => {
  const { code, asked, terminal } = await run(args);
  expect([code, asked]).toEqual([2, []]);
  expect(terminal.complained).toEqual([expect.stringMatching(message)]);
});
