import { type DavClient, HttpError } from "@meanwhile/client";
import { describe, expect, test } from "vitest";
import { runProgram } from "../program.ts";
import { testConnection, testResource } from "../testing/test-client.ts";
import { type TestTerminalOptions, testTerminal } from "../testing/test-terminal.ts";

async function run(
  args: readonly string[],
  methods: Parameters<typeof testConnection>[0],
  options: TestTerminalOptions = {},
) {
  const terminal = testTerminal(options);
  const connection = testConnection(methods);
  const code = await runProgram(args, terminal, connection.connect);
  return { code, terminal, connection, printed: terminal.printed(), complained: terminal.complained };
}

function refusal(status: number, path = "/a"): HttpError {
  const url = new URL(path, "https://files.example");
  return new HttpError({
    method: "MKCOL",
    url,
    status,
    headers: new Headers({ "WWW-Authenticate": "Basic" }),
  });
}

const made = { status: 201, created: true };
const a = "https://files.example/x/a";

describe("a login that the server wants", () => {
  const protectedServer: Parameters<typeof testConnection>[0] = ({ credentials }) => ({
    async mkdir() {
      if (credentials.kind === "none") throw refusal(401);
      return made;
    },
  });

  test("is asked for at the terminal, and the work done then", async () => {
    const { code, connection, terminal } = await run(["mkdir", a], protectedServer, {
      answers: ["ann", "s3cret"],
    });
    expect(code).toBe(0);
    expect(terminal.questions.map(({ text, hidden }) => [text, hidden])).toEqual([
      ["Name for files.example: ", false],
      ["Password of ann for files.example: ", true],
    ]);
    expect(connection.made.map(({ settings }) => settings.credentials)).toEqual([
      { kind: "none" },
      { kind: "login", username: "ann", password: "s3cret" },
    ]);
    expect(connection.closed()).toBe(2);
  });

  test("is asked for once for several URLs", async () => {
    const { code, terminal } = await run(["mkdir", a, `${a}2`], protectedServer, {
      answers: ["ann", "s3cret"],
    });
    expect([code, terminal.questions.length]).toEqual([0, 2]);
    expect(terminal.printed()).toEqual(["made /x/a/", "made /x/a2/"]);
  });

  test("is an error where nobody answers, with exit code 5", async () => {
    const { code, complained } = await run(["mkdir", a], protectedServer);
    expect(code).toBe(5);
    expect(complained).toEqual([
      "meanwhile: /a: a login is needed (401); log in with --user NAME, ~/.netrc or --token-file FILE",
    ]);
  });

  test("is not asked for again where one was refused", async () => {
    const refusing: Partial<DavClient> = { mkdir: () => Promise.reject(refusal(401)) };
    const { code, complained, terminal } = await run(["mkdir", a, "--user", "ann"], refusing, {
      answers: ["wrong", "again"],
    });
    expect([code, terminal.questions.length]).toEqual([5, 1]);
    expect(complained).toEqual([
      "meanwhile: /a: the login of ann was refused (401); check name and password",
    ]);
  });

  test("no output has the password", async () => {
    const url = "https://ann:hunter2@files.example/x/a";
    const { terminal } = await run(["mkdir", url, "--json"], { mkdir: () => Promise.reject(refusal(500)) });
    expect(`${terminal.output()}${terminal.complained.join("\n")}`).not.toContain("hunter2");
  });
});

describe("several URLs", () => {
  test("go on after a failure, which is told; the exit code is 3", async () => {
    const failing: Partial<DavClient> = {
      mkdir: (place) =>
        String(place).endsWith("/b/") ? Promise.reject(refusal(405, "/x/b/")) : Promise.resolve(made),
    };
    const { code, printed, complained } = await run(
      ["mkdir", a, "https://files.example/x/b", `${a}c`],
      failing,
    );
    expect(code).toBe(3);
    expect(printed).toEqual(["made /x/a/", "made /x/ac/"]);
    expect(complained).toEqual([
      "meanwhile: /x/b/: something is there already, or the server makes no folder there (405)",
      "meanwhile: 1 of 3 failed",
    ]);
  });

  test("that all failed in the same way have its exit code", async () => {
    const { code } = await run(["mkdir", a, `${a}2`], { mkdir: () => Promise.reject(refusal(405)) });
    expect(code).toBe(8);
  });

  test("must be on one server", async () => {
    const { code, complained, connection } = await run(["mkdir", a, "https://other.example/b"], {});
    expect(code).toBe(2);
    expect(complained).toEqual([
      "meanwhile: files.example and other.example are two servers: a command talks to one; between two, get and put",
    ]);
    expect(connection.made).toEqual([]);
  });

  test("share a base: the collection that all are in", async () => {
    const { connection } = await run(
      ["mkdir", "https://files.example/dav/a/", "https://files.example/dav/b/c"],
      {
        mkdir: async () => made,
      },
    );
    expect(connection.made.map(({ base }) => base)).toEqual(["https://files.example/dav/"]);
  });
});

describe("a failure", () => {
  test("with --json is an object too", async () => {
    const { printed } = await run(["mkdir", a, "--json"], { mkdir: () => Promise.reject(refusal(403)) });
    expect(printed.map((line): unknown => JSON.parse(line))).toEqual([
      {
        type: "error",
        exitCode: 5,
        message:
          "/a: not allowed (403); the server asks for no login here; perhaps with a token: --token-file FILE",
        method: "MKCOL",
        url: "https://files.example/a",
        status: 403,
      },
    ]);
  });

  test("of ours is shown with its stack, and the client is closed all the same", async () => {
    const { code, complained, connection, terminal } = await run(["mkdir", a], {
      mkdir: () => Promise.reject(new TypeError("x is not a function")),
    });
    expect(code).toBe(1);
    expect(complained.join()).toMatch(/TypeError: x is not a function\n\s+at /);
    expect(connection.closed()).toBe(1);
    expect(terminal.hearing()).toBe(false);
  });
});

test("Ctrl-C ends a listing with 130; a second one the process", async () => {
  const terminal = testTerminal();
  const connection = testConnection({
    async *list(_place, options) {
      yield testResource("https://files.example/x/one");
      terminal.signal("SIGINT");
      terminal.signal("SIGINT");
      options?.signal?.throwIfAborted();
      throw new Error("it goes on");
    },
  });
  expect(await runProgram(["ls", "https://files.example/x/"], terminal, connection.connect)).toBe(130);
  expect(terminal.exits).toEqual([130]);
  expect(terminal.complained).toEqual(["meanwhile: stopped"]);
});
