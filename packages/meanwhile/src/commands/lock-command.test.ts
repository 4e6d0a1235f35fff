import type { DavClient, LockHandle, LockOptions } from "@meanwhile/client";
import { expect, test } from "vitest";
import { runProgram } from "../program.ts";
import { testConnection } from "../testing/test-client.ts";
import { type TestTerminalOptions, testTerminal } from "../testing/test-terminal.ts";

const url = "https://files.example/plan.txt";
const token = "urn:uuid:e71d4fae-5dec-22d6-fea5-00a0c91e6be4";

function lockServer() {
  const asked: LockOptions[] = [];
  const events: string[] = [];
  const lost = new AbortController();
  const lock: DavClient["lock"] = async (_place, options = {}) => {
    asked.push(options);
    const handle: LockHandle = {
      token,
      root: new URL(url),
      timeoutSeconds: 600,
      lost: lost.signal,
      refresh: async () => {},
      async unlock() {
        events.push("unlock");
        lost.abort(new Error("unlocked"));
      },
      async [Symbol.asyncDispose]() {},
    };
    return handle;
  };
  return { asked, events, lost, connection: testConnection({ lock }) };
}

async function run(args: readonly string[], options: TestTerminalOptions = {}, server = lockServer()) {
  const terminal = testTerminal(options);
  const code = await runProgram(["lock", ...args], terminal, server.connection.connect);
  return { code, terminal, ...server };
}

test("prints the token alone, and keeps the lock", async () => {
  const { code, terminal, asked, events } = await run([
    url,
    "--owner",
    "Ann",
    "--for",
    "1h",
    "--shared",
    "--shallow",
  ]);
  expect(code).toBe(0);
  expect(terminal.printed()).toEqual([token]);
  expect(events).toEqual([]);
  const shared = { scope: "shared", depth: "0", timeoutSeconds: 3600, owner: "Ann", refresh: false };
  expect(asked).toEqual([expect.objectContaining(shared)]);
});

test("while a program runs the lock is renewed; it is told the token; its exit code is ours", async () => {
  const ran: unknown[] = [];
  const server = lockServer();
  const { code, terminal, asked, events } = await run(
    [url, "--", "vim", "-x", "plan.txt"],
    {
      async run(program, environment) {
        ran.push([program, environment]);
        server.events.push("run");
        return 7;
      },
    },
    server,
  );
  expect(code).toBe(7);
  expect(ran).toEqual([[["vim", "-x", "plan.txt"], { MEANWHILE_LOCK_TOKEN: token }]]);
  expect(events).toEqual(["run", "unlock"]);
  expect(asked[0]?.refresh).toBe(true);
  expect(terminal.complained).toEqual([]);
});

test("Ctrl-C while a program runs is the program's business", async () => {
  const server = lockServer();
  const terminal = testTerminal({
    async run() {
      terminal.signal("SIGINT");
      terminal.signal("SIGINT");
      return 0;
    },
  });
  expect(await runProgram(["lock", url, "--", "vim"], terminal, server.connection.connect)).toBe(0);
  expect([terminal.exits, server.events]).toEqual([[], ["unlock"]]);
});

test("a lock that is lost meanwhile is told, and not unlocked", async () => {
  const server = lockServer();
  const { code, terminal, events } = await run(
    [url, "--", "vim"],
    {
      async run() {
        server.lost.abort(new Error("somebody else unlocked it"));
        return 0;
      },
    },
    server,
  );
  expect(code).toBe(0);
  expect(terminal.complained).toEqual([
    "meanwhile: the lock on /plan.txt is gone: somebody else unlocked it; the program goes on",
  ]);
  expect(events).toEqual([]);
});

test("--hold keeps it until Ctrl-C", async () => {
  const server = lockServer();
  const terminal = testTerminal();
  const code = runProgram(["lock", url, "--hold"], terminal, server.connection.connect);
  await expect.poll(() => terminal.complained).toEqual(["meanwhile: locked /plan.txt until Ctrl-C"]);
  expect(server.events).toEqual([]);
  terminal.signal("SIGINT");
  expect(await code).toBe(0);
  expect(server.events).toEqual(["unlock"]);
  expect(terminal.printed()).toEqual([token, "unlocked /plan.txt"]);
});

test("--hold ends with 1 where the lock is lost", async () => {
  const server = lockServer();
  const terminal = testTerminal();
  const code = runProgram(["lock", url, "--hold"], terminal, server.connection.connect);
  await expect.poll(() => terminal.complained.length).toBe(1);
  server.lost.abort(new Error("it expired"));
  expect(await code).toBe(1);
  expect(terminal.complained.at(-1)).toBe("meanwhile: the lock on /plan.txt is gone: it expired");
});

test.each([
  [[url, "--hold", "--", "vim"], /--hold does not go with a program/],
  [[url, "--for", "0s"], /--for must be between/],
  [[url, "--owner", "a\u0007"], /--owner must not have control characters/],
])("%j is refused", async (args, message) => {
  const { code, terminal, asked } = await run(args);
  expect([code, asked]).toEqual([2, []]);
  expect(terminal.complained).toEqual([expect.stringMatching(message)]);
});
