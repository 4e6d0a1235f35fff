/** The commands against a real server on this machine. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parsePath } from "@meanwhile/dav";
import { slowTree } from "@meanwhile/server/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { processTerminal } from "../process-terminal.ts";
import { runProgram } from "../program.ts";
import {
  basicFor,
  startTeamServer,
  type TeamServer,
  type TeamServerOptions,
  writeDocument,
} from "../testing/team-server.ts";
import { type TestTerminalOptions, testTerminal } from "../testing/test-terminal.ts";

let cwd: string;
let server: TeamServer;
let other: Server | undefined;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "meanwhile-commands-"));
});
afterEach(async () => {
  await server?.close();
  other?.close();
  other?.closeAllConnections();
  other = undefined;
  rmSync(cwd, { recursive: true });
});

async function start(options: TeamServerOptions = {}): Promise<void> {
  server = await startTeamServer(options);
}

function terminalHere(options: TestTerminalOptions = {}) {
  const terminal = testTerminal({ cwd, env: { XDG_STATE_HOME: join(cwd, ".state") }, ...options });
  // The server has the time of day.
  return { ...terminal, timing: processTerminal.timing };
}

async function run(args: readonly string[], options: TestTerminalOptions = {}) {
  const terminal = terminalHere(options);
  const code = await runProgram(args, terminal);
  return { code, printed: terminal.printed(), complained: terminal.complained, terminal };
}

const hostile = "\u001B[31m\nred\u202E%41 #?&'\"\\.txt";

describe("names that would do harm", () => {
  test("are listed harmlessly, come down and are deleted", async () => {
    await start();
    const url = `${server.url}${encodeURIComponent(hostile)}`;
    // Ours takes no such name from a client; other servers do.
    await writeDocument(server.tree, `/team/${encodeURIComponent(hostile)}`, "hello");
    const listed = await run(["ls", server.url]);
    expect(listed.printed).toContain(`\\x1b[31m\\nred\\u202e%41 #?&'"\\\\.txt`);
    const json = await run(["ls", "--json", server.url]);
    const names = json.printed.map((line) => (JSON.parse(line) as { name: string }).name);
    expect(names).toContain(hostile);
    for (const { terminal } of [listed, json]) {
      expect(terminal.output().toString()).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
    }
    expect((await run(["get", url, "-"])).terminal.output().toString()).toBe("hello");
    // This machine could hold that name; but nobody typed it.
    const refused = await run(["get", url]);
    expect([refused.code, refused.complained.length]).toEqual([2, 1]);
    expect((await run(["rm", url])).code).toBe(0);
    expect((await run(["stat", url])).code).toBe(4);
  });

  test("of a document are listed as of a member, be there a slash behind it or not", async () => {
    await start();
    for (const slash of ["", "/"]) {
      expect((await run(["ls", `${server.url}plan%20for%202026.txt${slash}`])).printed).toEqual([
        "plan for 2026.txt",
      ]);
    }
  });

  test("in a folder come to no other place than that folder", async () => {
    await start();
    await run(["put", "-", `${server.url}photos/..%5Cescape.txt`], { input: "x" });
    await run(["put", "-", `${server.url}photos/%2E%2Ehidden`], { input: "x" });
    await run(["get", "-r", `${server.url}photos/`, "deep/folder"]);
    expect(readdirSync(cwd).filter((name) => name !== ".state")).toEqual(["deep"]);
    expect(readdirSync(join(cwd, "deep"))).toEqual(["folder"]);
  });
});

describe("a login", () => {
  test("is asked for at the terminal where the server wants one", async () => {
    await start({ authenticate: basicFor("ann", "s3cret") });
    const { code, printed, terminal } = await run(["ls", server.url], { answers: ["ann", "s3cret"] });
    expect(code).toBe(0);
    expect(printed).toEqual(["notes.txt", "photos/", "plan for 2026.txt"]);
    expect(terminal.questions).toHaveLength(2);
  });

  test("that is wrong ends with 5, and stands in no output", async () => {
    await start({ authenticate: basicFor("ann", "s3cret") });
    const env = { MEANWHILE_PASSWORD: "hunter2" };
    const { code, complained } = await run(["ls", "--user", "ann", server.url], { env });
    expect(code).toBe(5);
    expect(complained).toEqual([expect.stringMatching(/the login of ann was refused/)]);
    expect(complained.join()).not.toContain("hunter2");
  });

  test("of the environment is used for a folder too", async () => {
    await start({ authenticate: basicFor("ann", "s3cret") });
    const env = { MEANWHILE_USER: "ann", MEANWHILE_PASSWORD: "s3cret", XDG_STATE_HOME: join(cwd, ".state") };
    const { code, complained } = await run(["get", "-r", `${server.url}photos/`], { env });
    expect({ code, complained }).toEqual({ code: 0, complained: [] });
    expect(readdirSync(join(cwd, "photos")).sort()).toEqual(["beach.jpg", "harbour.jpg"]);
  });

  test("lists one's own operations", async () => {
    await start({ authenticate: basicFor("ann", "s3cret") });
    const env = { MEANWHILE_USER: "ann", MEANWHILE_PASSWORD: "s3cret" };
    const origin = new URL("/", server.url).href;
    await run(["cp", `${server.url}photos/`, `${server.url}copy/`], { env });
    const { code, printed } = await run(["status", origin], { env });
    expect(code).toBe(0);
    expect(printed).toEqual([
      expect.stringMatching(/^finished 201 +COPY +\/team\/photos\/ +3\/3 +http:\S+\/operations\/\S+$/),
    ]);
  });
});

describe("content", () => {
  test("goes from standard input, a file, a folder, and comes back the same", async () => {
    await start();
    mkdirSync(join(cwd, "tree", "inner"), { recursive: true });
    const bytes = Buffer.alloc(300_000, "content");
    writeFileSync(join(cwd, "tree", "large.bin"), bytes);
    writeFileSync(join(cwd, "tree", "inner", "empty"), "");
    const put = await run(["put", "-r", "--json", "tree", `${server.url}tree`]);
    expect(put.code).toBe(0);
    expect(JSON.parse(put.printed.at(-1) ?? "")).toMatchObject({
      type: "outcome",
      action: "transferred",
      transferred: 2,
      bytes: 300_000,
    });
    expect((await run(["get", "-r", `${server.url}tree/`, "back"])).code).toBe(0);
    expect(readFileSync(join(cwd, "back", "large.bin"))).toEqual(bytes);
    expect(readFileSync(join(cwd, "back", "inner", "empty"))).toHaveLength(0);
    expect((await run(["get", `${server.url}tree/large.bin`, "-"])).terminal.output()).toEqual(bytes);
    const into = await run(["put", "tree/large.bin", `${server.url}photos/`]);
    expect(into.printed).toEqual(["put tree/large.bin to /team/photos/large.bin"]);
  });

  test("that is there already is kept with --no-overwrite", async () => {
    await start();
    writeFileSync(join(cwd, "notes.txt"), "other");
    const { code, complained } = await run(["put", "-n", "notes.txt", server.url]);
    expect(code).toBe(8);
    expect(complained[0]).toContain("something is there already");
    expect((await run(["get", `${server.url}notes.txt`, "-"])).printed).toEqual(["ring the harbour master"]);
  });

  test.each([
    [["put", "missing", "URLx"], 2, /missing: there is no such file$/],
    [["put", ".", "URLx"], 2, /^meanwhile: \. is a folder: put -r uploads it$/],
    [["put", "-", "URL"], 2, /standard input has no name/],
    [["get", "URLnothing"], 4, /^meanwhile: \/team\/nothing: nothing is there/],
    [["get", "URLphotos/", "x"], 2, /photos\/ is a folder: get -r downloads it/],
    [["put", "-r", "missing", "URLx"], 2, /missing: there is no such folder$/],
    [["sync", "missing", "URLx"], 2, /missing: there is no such folder$/],
    [["mkdir", "URLa/b/"], 8, /\/a\/: there is no such folder; make it with `meanwhile mkdir -p`$/],
    [["mkdir", "URLphotos/"], 8, /\/photos\/ is a folder already$/],
    [["mkdir", "-p", "URLphotos/"], 0, undefined],
    [["ls", "URLnothing/"], 4, /nothing is there/],
    [["unlock", "URLnotes.txt", "urn:uuid:00000000-0000-0000-0000-000000000000"], 8, /notes\.txt/],
    [["status", "URLnotes.txt"], 1, /is no status document/],
  ] as const)("%j ends with %i", async (args, code, message) => {
    await start();
    const ran = await run(args.map((word) => word.replace("URL", server.url)));
    expect({ code: ran.code, complained: ran.complained }).toEqual({
      code,
      complained: message === undefined ? [] : [expect.stringMatching(message)],
    });
  });
});

describe("long operations", () => {
  const members = 40;

  async function slow(): Promise<void> {
    await start({
      around: (tree) => slowTree(tree, (step) => (step === "member" ? delay(10) : Promise.resolve())),
      interim: { front: "none", afterMs: 20, everyMs: 30 },
    });
    await server.tree.createCollection(parsePath("/team/large"), []);
    for (let index = 0; index < members; index += 1) {
      await server.tree.createCollection(parsePath(`/team/large/${index}`), []);
    }
  }

  test("--json: progress with done and total, then the outcome", async () => {
    await slow();
    const { code, printed } = await run(["cp", "--json", `${server.url}large/`, `${server.url}copy/`]);
    expect(code).toBe(0);
    const told = printed.map((line) => JSON.parse(line) as { type: string; done?: number; total?: number });
    const progress = told.filter(({ type, total }) => type === "progress" && total === members + 1);
    expect(progress.length).toBeGreaterThan(1);
    expect(told.at(-1)).toMatchObject({ type: "outcome", status: 201, created: true, total: members + 1 });
  });

  test("an operation that was left is listed by nobody's server, shown by its URL, and watched to its end", async () => {
    await slow();
    const terminal = terminalHere();
    const left = runProgram(["cp", "--json", `${server.url}large/`, `${server.url}copy/`], terminal);
    await expect.poll(() => terminal.printed().join()).toContain('"total":41');
    terminal.signal("SIGTERM");
    expect(await left).toBe(143);
    const { url } = JSON.parse(terminal.printed().at(-1) ?? "") as { url: string };
    const status = await run(["status", url]);
    expect(status.printed.slice(0, 2)).toEqual(["operation  COPY /team/large/", "state      running"]);
    const watched = await run(["watch", url]);
    expect(watched).toMatchObject({ code: 0, complained: [] });
    expect(watched.printed).toEqual([expect.stringMatching(/^done \(201\): 41 files and folders/)]);
    expect(server.log.filter(({ method }) => method === "COPY")).toHaveLength(1);
  });

  test("Ctrl-C twice cancels, with 9", async () => {
    await slow();
    const terminal = terminalHere();
    const copying = runProgram(["cp", "--json", `${server.url}large/`, `${server.url}copy/`], terminal);
    await expect.poll(() => terminal.printed().join()).toContain('"total":41');
    terminal.signal("SIGINT");
    terminal.signal("SIGINT");
    expect(await copying).toBe(9);
    expect(terminal.complained.at(-1)).toBe("meanwhile: the operation was cancelled");
  });
});

describe("a server that does not answer", () => {
  test("that nobody listens is told, with 6", async () => {
    await start();
    const closed = await startTeamServer();
    await closed.close();
    const { code, complained } = await run(["ls", closed.url]);
    expect(code).toBe(6);
    expect(complained).toEqual([expect.stringMatching(/^meanwhile: the server was not reached: /)]);
  });

  test("that says nothing is waited for as long as --idle-timeout says", async () => {
    await start();
    other = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => other?.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const { code, complained } = await run(["ls", `http://127.0.0.1:${port}/`, "--idle-timeout", "50ms"]);
    expect(code).toBe(6);
    expect(complained).toEqual([expect.stringMatching(/^meanwhile: no sign of life: .*--idle-timeout/)]);
  });
});

test("a listing of 10,000 members is shown, sorted, in a moment", async () => {
  await start();
  await server.tree.createCollection(parsePath("/team/many"), []);
  for (let index = 0; index < 10_000; index += 1) {
    await server.tree.createCollection(parsePath(`/team/many/m${index}`), []);
  }
  const { printed } = await run(["ls", `${server.url}many/`]);
  expect(printed).toHaveLength(10_000);
  expect([printed[0], printed[9], printed[9999]]).toEqual(["m0/", "m9/", "m9999/"]);
});
