import { type DavClient, HttpError } from "@meanwhile/client";
import { describe, expect, test } from "vitest";
import { runProgram } from "../../program.ts";
import { type TestPlaces, testConnection, testLooking, testResource } from "../../testing/test-client.ts";
import { testRequest } from "../../testing/test-request.ts";
import { testTerminal } from "../../testing/test-terminal.ts";

const token = "urn:uuid:e71d4fae-5dec-22d6-fea5-00a0c91e6be4";

/** Runs a command where these places are; gives what was asked of the client to change. */
async function run(
  args: readonly string[],
  places: TestPlaces = {},
  {
    env = {},
    status = 201,
  }: { readonly env?: Readonly<Record<string, string>>; readonly status?: number } = {},
) {
  const asked: unknown[] = [];
  const copyOrMove =
    (verb: string): DavClient["copy"] =>
    (from, to, options) => {
      asked.push([verb, String(from), String(to), options]);
      const request = testRequest<{ status: number; created: boolean }>();
      if (status < 400) request.end({ status, created: status === 201 });
      else
        request.fail(
          new HttpError({ method: "COPY", url: new URL(`${from}`), status, headers: new Headers() }),
        );
      return request;
    };
  const looking = testLooking(places);
  const connection = testConnection({ ...looking, copy: copyOrMove("copy"), move: copyOrMove("move") });
  const terminal = testTerminal({ env });
  const code = await runProgram(args, terminal, connection.connect);
  return { code, asked, base: connection.made[0]?.base, terminal };
}

const h = "https://files.example";
const silent = { propfind: 405, head: 405 };
const headOnly = { propfind: 405, head: 200 };

/** As the commands' page has it: where FROM goes, and whether it may replace what is there. */
describe("where a copy goes", () => {
  const folders = { "/d/": true, "/e/": true, "/d/p/": true, "/e/p/": true } as const;
  const files = { "/d/a": true, "/d/b": true, "/e/a": true, "/d/a%2Fb": true } as const;
  const all: TestPlaces = { ...folders, ...files };
  test.each<[string, string, TestPlaces, string, boolean, string]>([
    ["/d/a", "/d/new", all, "/d/new", false, ""],
    ["/d/a", "/d/b", all, "/d/b", true, ", replacing what was there"],
    ["/d/a/", "/d/new", all, "/d/new", false, ""],
    ["/d/b", "/e/", all, "/e/b", false, ""],
    ["/d/b", "/e", all, "/e/b", false, ""],
    ["/d/a", "/e", all, "/e/a", true, ", replacing what was there"],
    ["/d/a%2Fb", "/e/", all, "/e/a%2Fb", false, ""],
    ["/d/p/", "/d/new/", all, "/d/new/", false, ""],
    ["/d/p/", "/d/new", all, "/d/new/", false, ""],
    ["/d/p", "/d/new", all, "/d/new/", false, ""],
    ["/d/p", "/d", { ...all, "/d/p/p/": true, "/d/p/": true }, "", false, "FROM and TO are the same"],
    ["/e", "/d", all, "/d/e/", false, ""],
    ["/e", "/d/", all, "/d/e/", false, ""],
    // Refused: nothing is sent.
    [
      "/d/b",
      "/nowhere/",
      all,
      "",
      false,
      "/nowhere/: there is no such folder; make it with `meanwhile mkdir -p`",
    ],
    ["/d/p", "/nowhere/", all, "", false, "/nowhere/: there is no such folder"],
    ["/d/a", "/d/b/", all, "", false, "/d/b is a file, so nothing can be put into it"],
    ["/d/p", "/e/a/", all, "", false, "/e/a is a file, so nothing can be put into it"],
    ["/d/a", "/d/a", all, "", false, "FROM and TO are the same"],
    ["/d/a", "/d/", all, "", false, "FROM and TO are the same"],
    ["/d/a", "/d/%61", all, "", false, "FROM and TO are the same"],
    ["/d/", "/d/p/in/", all, "", false, "a folder cannot be copied into itself"],
    ["/d", "/d/p", all, "", false, "a folder cannot be copied into itself"],
    ["/d", "/d", all, "", false, "into itself"],
    ["/d/p/", "/d/", all, "", false, "/d/p/ is in /d/, and so cannot be put in its place"],
    ["/d/p/", "/", all, "", false, "/d/p/ is in /, and so cannot be put in its place"],
    ["/d/p/", "/e/", all, "", false, "/e/ is a folder already; /e/p as TO comes into it, and --replace puts"],
    ["/d/p/", "/e", all, "", false, "/e is a folder already"],
    ["/d/p", "/e", all, "", false, "/e/p is a folder already"],
    ["/d/p", "/e/a", all, "", false, "/e/a is a file; --replace puts the folder in its place"],
    ["/d/p/", "/d/a/", all, "", false, "/d/a/ is a file; --replace puts the folder in its place"],
    ["/d/a", "/e", { ...folders, "/d/a": true, "/e/a/": true }, "", false, "/e/a is a folder; --replace"],
    // Servers that do not tell.
    ["/d/a", "/d/x", { "/d/a": silent, "/d/x": silent }, "/d/x", false, ""],
    ["/d/a", "/d/x", { "/d/a": true, "/d/x": silent }, "/d/x", false, ""],
    ["/d/a", "/d/new", { "/d/a": silent }, "/d/new", false, ""],
    ["/d/p/", "/d/x", { "/d/p/": headOnly }, "/d/x/", false, ""],
    ["/d/a", "/d/x", { "/d/a": headOnly, "/d/x": headOnly }, "", false, "does not tell whether it is a file"],
    ["/d/a", "/d/x", { "/d/a": headOnly, "/d/x": true }, "", false, "/d/x is a file; --replace"],
    [
      "/d/a",
      "/d/x",
      { "/d/a": true, "/d/x": { propfind: 403, head: 301 } },
      "",
      false,
      "something is at /d/x",
    ],
    ["/d/a", "/d/x", { "/d/a": true, "/d/x": "without a type" }, "", false, "something is at /d/x"],
    [
      "/d/a",
      "/d/x",
      { "/d/a": true, "/d/x": { propfind: 405, head: 301, location: "http://inner.example:81/d/x/" } },
      "/d/x/a",
      false,
      "",
    ],
    // An error is no absence.
    ["/d/a", "/d/x", { "/d/a": true, "/d/x": { propfind: 500, head: 404 } }, "", false, "the server failed"],
    ["/d/a", "/d/x", { "/d/a": true, "/d/x": { propfind: 302, head: 404 } }, "", false, "it is elsewhere"],
    ["/d/no", "/d/x", all, "", false, "/d/no: nothing is there"],
    // One resource under two names, as where case or the form of letters is ignored.
    ["/d/a", "/d/A", { "/d/a": true, "/d/A": true }, "/d/A", true, ", replacing what was there"],
  ])("cp %s %s", async (from, to, places, target, overwrite, said) => {
    for (const [command, verb] of [
      ["cp", "copy"],
      ["mv", "move"],
    ] as const) {
      const { code, asked, terminal } = await run([command, `${h}${from}`, `${h}${to}`], places);
      const sent = asked.map((call) => (call as unknown[]).slice(0, 1).concat((call as unknown[]).slice(2)));
      const depth = verb === "copy" ? { depth: "infinity" } : {};
      const line = [...terminal.printed(), ...terminal.complained].join("\n");
      expect(line).toContain(said.replace("copied into", verb === "copy" ? "copied into" : "moved into"));
      if (target === "") expect([sent, code]).toEqual([[], expect.toSatisfy((exit) => exit !== 0)]);
      else expect(sent).toEqual([[verb, `${h}${target}`, { overwrite, lockTokens: [], ...depth }]]);
    }
  });

  test("the client is made for what both are in", async () => {
    expect((await run(["cp", `${h}/d/a`, `${h}/e/`], all)).base).toBe(`${h}/`);
    expect((await run(["cp", `${h}/d/a`, `${h}/d/p/`], all)).base).toBe(`${h}/d/`);
  });

  test.each<[string, string, string, string]>([
    ["/d/p/", "/e/", "/e/", ", replacing the folder that was there"],
    ["/d/p", "/e", "/e/p/", ", replacing the folder that was there"],
    ["/d/a", "/e/p", "/e/p/a", ""],
    ["/d/p", "/e/a", "/e/a", ", replacing what was there"],
    ["/d/p/", "/e/a", "/e/a", ", replacing what was there"],
    ["/d/p/", "/e/a/", "/e/a", ", replacing what was there"],
  ])("with --replace, cp %s %s", async (from, to, target, said) => {
    const { code, asked, terminal } = await run(["cp", "--replace", `${h}${from}`, `${h}${to}`], all);
    expect(code).toBe(0);
    expect(asked[0]).toMatchObject(
      // The client ends the Destination in a slash where the source does.
      [
        "copy",
        expect.stringMatching(target.endsWith("/") ? /\/$/ : /[^/]$/),
        `${h}${target}`,
        { overwrite: said !== "" },
      ],
    );
    expect(terminal.printed().at(-1)).toMatch(new RegExp(`${said}$`));
  });

  test("a file of another spelling that is the same one is not replaced by itself", async () => {
    const oneOnly = testLooking({ "/d/a": true, "/d/A": true, "/d/f/": true, "/d/F/": true });
    const list: DavClient["list"] = async function* () {
      yield testResource(`${h}/d/a`);
      yield testResource(`${h}/d/f/`);
    };
    for (const [from, to] of [
      ["/d/a", "/d/A"],
      ["/d/f", "/d/F"],
      ["/d/f/", "/d/F/"],
    ]) {
      const connection = testConnection({ ...oneOnly, list });
      const terminal = testTerminal();
      const args = ["mv", "--replace", `${h}${from}`, `${h}${to}`];
      const code = await runProgram(args, terminal, connection.connect);
      expect([code, terminal.complained]).toEqual([8, [expect.stringMatching(/takes .* for one name/)]]);
    }
  });

  test("what appeared meanwhile is kept, and told", async () => {
    const { code, terminal } = await run(["mv", `${h}/d/a`, `${h}/d/new`], all, { status: 412 });
    expect([code, terminal.complained]).toEqual([8, [expect.stringMatching(/something is at \/d\/new/)]]);
  });
});

test("options go into the request", async () => {
  const args = ["cp", "--shallow", "-n", "--lock-token", `<${token}>`, `${h}/a/`, `${h}/b/`];
  expect((await run(args, { "/a/": true })).asked).toEqual([
    ["copy", `${h}/a/`, `${h}/b/`, { overwrite: false, lockTokens: [token], depth: "0" }],
  ]);
  const env = { MEANWHILE_LOCK_TOKEN: token };
  const fromEnvironment = await run(["mv", `${h}/a`, `${h}/b`], { "/a": true }, { env });
  expect(fromEnvironment.asked).toEqual([
    ["move", `${h}/a`, `${h}/b`, { overwrite: false, lockTokens: [token] }],
  ]);
});

test("a 202 that leads nowhere is not told as done (RFC 9110 §15.3.3)", async () => {
  const text = await run(["mv", `${h}/a`, `${h}/b`], { "/a": true }, { status: 202 });
  expect(text.terminal.printed()).toEqual([
    "accepted, but the server does not tell whether it is done already: moved /a to /b",
  ]);
  const { terminal } = await run(["mv", "--json", `${h}/a`, `${h}/b`], { "/a": true }, { status: 202 });
  expect(JSON.parse(terminal.printed().at(-1) ?? "")).toMatchObject({ action: "accepted", status: 202 });
});

test.each([
  [
    ["cp", "photos", `${h}/b`],
    /^meanwhile: cp works within a server, and "photos" is no URL; perhaps `meanwhile put` is meant$/,
  ],
  [["cp", `${h}/a`, "."], /"\." is no URL; perhaps `meanwhile get` is meant$/],
  [["mv", `${h}/a`, "https://other.example/a"], /are two servers/],
  [["cp", "-n", "--replace", `${h}/a`, `${h}/b`], /--replace does not go with --no-overwrite/],
  [["cp", `${h}/a`], /^meanwhile cp: missing required argument 'TO'/],
  [["cp", "--lock-token", "x y", `${h}/a`, `${h}/b`], /^meanwhile: --lock-token takes a lock token/],
])("%j is refused", async (args, message) => {
  const { code, asked, terminal } = await run(args);
  expect([code, asked]).toEqual([2, []]);
  expect(terminal.complained).toEqual([expect.stringMatching(message)]);
});
