/** The commands against servers that answer as other people's do. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runProgram } from "../program.ts";
import {
  multistatus,
  type ScriptAnswer,
  type ScriptRequest,
  type ScriptServer,
  startScriptServer,
} from "../testing/script-server.ts";
import { testTerminal } from "../testing/test-terminal.ts";

let cwd: string;
let server: ScriptServer | undefined;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "meanwhile-foreign-"));
});
afterEach(async () => {
  await server?.close();
  rmSync(cwd, { recursive: true });
});

const nothing: ScriptAnswer = { status: 404 };
const file = (href: string, length = 3) => multistatus({ href, length });
const folder = (href: string) => multistatus({ href, folder: true });

type Answers = Readonly<
  Record<string, ScriptAnswer | string | ((request: ScriptRequest) => ScriptAnswer | string)>
>;

/**
 * Runs a command, in which URL stands for the server's; answers are by method and path. Of everything else, what was put is
 * there, and the rest is not.
 */
async function run(args: readonly string[], answers: Answers, input = "") {
  const put = new Map<string, number>();
  server = await startScriptServer((request) => {
    const { method, path, content } = request;
    if (method === "PUT") put.set(path, content.length);
    const length = put.get(path);
    const other = method === "PROPFIND" && length !== undefined ? file(path, length) : nothing;
    const answer = answers[`${method} ${path}`] ?? answers[method] ?? other;
    return typeof answer === "function" ? answer(request) : answer;
  });
  const terminal = testTerminal({ cwd, input, env: { XDG_STATE_HOME: join(cwd, ".state") } });
  const url = server.url;
  const code = await runProgram(
    args.map((arg) => arg.replace("URL", url)),
    terminal,
  );
  return { code, said: [...terminal.printed(), ...terminal.complained], asked: server.asked };
}

/** A folder of which the server tells a failure, of itself or of a member (RFC 4918 §13). */
const partial: readonly (readonly [string, ScriptAnswer, number])[] = [
  ["its status", multistatus({ href: "/f/", status: 503 }), 1],
  ["its propstat", multistatus({ href: "/f/", folder: true, propstat: 403 }), 5],
  ["its status, and a member", multistatus({ href: "/f/", status: 503 }, { href: "/f/a", length: 3 }), 3],
  ["its status 404", multistatus({ href: "/f/", status: 404 }), 4],
  [
    "a member",
    multistatus({ href: "/f/", folder: true }, { href: "/f/a", length: 3 }, { href: "/f/b", status: 423 }),
    3,
  ],
];

describe("a listing that is not whole", () => {
  test.each(partial)("ls: %s", async (_what, PROPFIND, code) => {
    const ran = await run(["ls", "URLf/"], { PROPFIND });
    expect([ran.code, ran.said.includes("a")]).toEqual([code, code === 3]);
  });

  test.each(partial)("sync --delete: %s deletes nothing", async (_what, PROPFIND, code) => {
    mkdirSync(join(cwd, "d"));
    writeFileSync(join(cwd, "d", "mine"), "mine");
    const depth0 = ({ headers }: ScriptRequest) =>
      headers["depth"] === "0" && code === 3 ? folder("/f/") : PROPFIND;
    const GET = { status: 200, content: "abc" };
    const ran = await run(["sync", "--delete", "URLf/", "d"], { PROPFIND: depth0, GET });
    expect(ran.code).toBe(code);
    expect(readdirSync(join(cwd, "d"))).toEqual(code === 3 ? ["a", "mine"] : ["mine"]);
  });

  test("stat: a failure within is one", async () => {
    const answers = { PROPFIND: multistatus({ href: "/x", status: 403 }) };
    expect(await run(["stat", "URLx"], answers)).toMatchObject({ code: 5 });
  });

  test("stat: that locks are not told does not mean that there are none; a folder has no type", async () => {
    const PROPFIND = ({ content }: ScriptRequest) =>
      content.includes("lockdiscovery") ? { status: 500 } : folder("/x/");
    const ran = await run(["stat", "URLx/"], { PROPFIND });
    expect([ran.code, ran.said]).toEqual([0, expect.arrayContaining(["locked    the server does not tell"])]);
  });
});

const changes = (asked: readonly string[]) => asked.filter((each) => !/^(PROPFIND|HEAD|OPTIONS) /.test(each));

describe("put", () => {
  beforeEach(() => writeFileSync(join(cwd, "a.txt"), "abc"));

  test.each<[string, Answers, readonly string[], number, RegExp]>([
    ["URLf", { "PROPFIND /f": file("/f") }, ["PUT /f"], 0, /^put a\.txt to \/f/],
    ["URLf", {}, ["PUT /f"], 0, /^put a\.txt to \/f$/],
    ["URLf", { "PROPFIND /f": folder("/f/") }, ["PUT /f/a.txt"], 0, /^put a\.txt to \/f\/a\.txt/],
    [
      "URLf",
      { "PROPFIND /f": { status: 301, headers: { Location: "/f/" } }, "PROPFIND /f/": folder("/f/") },
      ["PUT /f/a.txt"],
      0,
      /\/f\/a\.txt$/,
    ],
    ["URLf/", {}, ["PUT /f/a.txt"], 0, /\/f\/a\.txt$/],
    ["URLf/", { "PROPFIND /f/a.txt": folder("/f/a.txt/") }, [], 8, /\/f\/a\.txt is a folder/],
    [
      "URLf",
      { "PROPFIND /f": folder("/f/"), "PROPFIND /f/a.txt": folder("/f/a.txt/") },
      [],
      8,
      /\/f\/a\.txt is a folder/,
    ],
    ["URLf", { PROPFIND: { status: 405 }, HEAD: { status: 200 } }, ["PUT /f"], 0, /^put a\.txt to \/f/],
    ["URLf", { PROPFIND: { status: 500 } }, [], 1, /the server failed/],
  ])("a file to %s", async (url, answers, sent, code, said) => {
    const ran = await run(["put", "a.txt", url], { ...answers, PUT: { status: 201 } });
    expect([ran.code, changes(ran.asked), ran.said.at(-1)]).toEqual([
      code,
      sent,
      expect.stringMatching(said),
    ]);
  });

  test.each<[string, Answers, number, RegExp]>([
    ["kept", { "PROPFIND /x": file("/x", 3) }, 0, /^put standard input/],
    ["dropped", { "PROPFIND /x": file("/x", 0) }, 1, /\/x: the server has 0 B of the 3 B that were sent/],
    ["kept in part", { "PROPFIND /x": file("/x", 2) }, 1, /the server has 2 B of the 3 B that were sent/],
    ["not there", { PROPFIND: nothing }, 1, /the server took it, and has nothing there now/],
    ["of a length that is not told", { "PROPFIND /x": multistatus({ href: "/x" }) }, 0, /^put standard/],
    ["made another by the server", { "PROPFIND /x": file("/x", 4) }, 0, /^put standard input/],
    [
      "not shown",
      { PROPFIND: { status: 403 }, HEAD: { status: 403 } },
      0,
      /does not tell whether all of it arrived/,
    ],
    [
      "told of by HEAD alone, and dropped",
      { PROPFIND: { status: 405 }, HEAD: { status: 200, headers: { "Content-Length": "0" } } },
      1,
      /the server has 0 B of the 3 B that were sent/,
    ],
    [
      "told of by HEAD alone, and kept",
      { PROPFIND: { status: 405 }, HEAD: { status: 200, headers: { "Content-Length": "3" } } },
      0,
      /^put standard input/,
    ],
    ["accepted for later", { PUT: { status: 202 } }, 0, /^accepted/],
  ])("content of standard input that was %s", async (_what, answers, code, said) => {
    const ran = await run(["put", "-", "URLx"], { PUT: { status: 201 }, ...answers }, "abc");
    expect([ran.code, ran.said]).toEqual([code, expect.arrayContaining([expect.stringMatching(said)])]);
  });

  const stored = (length: number, content = ""): Answers => ({
    "PROPFIND /x": ({ headers }) => (seen.has(headers.host ?? "") ? file("/x", length) : nothing),
    PUT: ({ headers }) => {
      seen.add(headers.host ?? "");
      return { status: 201 };
    },
    GET: { status: 200, content },
  });
  const seen = new Set<string>();

  test.each<[string, Answers, number, RegExp]>([
    ["kept", stored(6), 0, /^put a to \/x$/],
    ["dropped", stored(0), 1, /\/x: the server answered with success, and has 0 B of the 6 B/],
    ["kept in part", stored(5, "abcde"), 1, /has 5 B of the 6 B that were sent/],
    ["kept in part, and cannot be read", { ...stored(5), GET: { status: 403 } }, 1, /has 5 B of the 6 B/],
    ["not there", { PROPFIND: nothing, PUT: { status: 204 } }, 1, /took it, and has nothing there now/],
    ["made shorter by the server", stored(5, "abXde"), 0, /the server changed its content: it has 5 B, 6 B/],
    ["made longer by the server", stored(9), 0, /the server changed its content: it has 9 B, 6 B/],
    ["not shown", { PUT: { status: 201 }, PROPFIND: { status: 403 }, HEAD: { status: 403 } }, 0, /^put a to/],
    ["accepted for later", { PUT: { status: 202 } }, 0, /^accepted/],
  ])("a file that was %s", async (_what, answers, code, said) => {
    writeFileSync(join(cwd, "a"), "abcdef");
    const ran = await run(["put", "a", "URLx"], answers);
    expect([ran.code, ran.said]).toEqual([code, expect.arrayContaining([expect.stringMatching(said)])]);
  });

  test("an empty file is not looked for", async () => {
    writeFileSync(join(cwd, "a"), "");
    const ran = await run(["put", "a", "URLx"], { PUT: { status: 201 } });
    expect([ran.code, ran.asked.at(-1)]).toEqual([0, "PUT /x"]);
  });

  test("standard input to a folder is refused before it is read", async () => {
    const ran = await run(["put", "-", "URLf"], { "PROPFIND /f": folder("/f/") }, "abc");
    expect([ran.code, changes(ran.asked), ran.said]).toEqual([
      8,
      [],
      [expect.stringMatching(/\/f is a folder, and standard input has no name/)],
    ]);
  });
});

describe("get", () => {
  const whole = (content: string): ScriptAnswer => ({ status: 200, content });
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  const cut = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc";

  test.each<[string, readonly string[], Answers, number, RegExp]>([
    ["a folder", ["URLf"], { PROPFIND: folder("/f/") }, 2, /\/f is a folder: get -r downloads it/],
    [
      "over a file",
      ["URLa", "old"],
      { PROPFIND: file("/a"), GET: whole("abc") },
      0,
      /^got old: 3 B, replacing/,
    ],
    ["into a folder", ["URLa", "d"], { PROPFIND: file("/a"), GET: whole("abc") }, 0, /^got d\/a: 3 B$/],
    [
      "over a folder",
      ["URLd", "."],
      { PROPFIND: file("/d"), GET: whole("abc") },
      1,
      /there is a folder of that name/,
    ],
    ["into no folder", ["URLa", "no/x"], {}, 2, /no\/x: there is no folder .*\/no$/],
    ["into a file", ["-r", "URLf/", "old"], {}, 2, /old is not a folder/],
    [
      "less than is listed",
      ["URLa"],
      { PROPFIND: file("/a", 5), GET: cut },
      6,
      /it ended after 3 of 5 bytes/,
    ],
    [
      "less, to standard output",
      ["URLa", "-"],
      { PROPFIND: file("/a", 5), GET: cut },
      6,
      /it ended after 3 of 5 bytes/,
    ],
    [
      "less, with its length",
      ["URLa"],
      { PROPFIND: file("/a", 5), GET: whole("abc") },
      1,
      /3 bytes came, and/,
    ],
    [
      "less, with its length, to standard output",
      ["URLa", "-"],
      { PROPFIND: file("/a", 5), GET: whole("abc") },
      1,
      /\/a: 3 B of the 5 B that the server lists came/,
    ],
    [
      "less, in chunks",
      ["URLa"],
      { PROPFIND: file("/a", 5), GET: chunked },
      1,
      /3 bytes came, and the server/,
    ],
    [
      "less, in chunks, to output",
      ["URLa", "-"],
      { PROPFIND: file("/a", 5), GET: chunked },
      1,
      /3 B of the 5 B/,
    ],
    [
      "less, of another state, to output",
      ["URLa", "-"],
      {
        PROPFIND: multistatus({ href: "/a", length: 5, etag: '"2"' }),
        GET: { ...whole("abc"), headers: { ETag: '"1"' } },
      },
      0,
      /^$/,
    ],
    ["a folder, to output", ["URLf", "-"], { PROPFIND: folder("/f/"), GET: whole("<html>") }, 2, /get -r/],
    [
      "a file, by a URL with a slash",
      ["URLa/", "-"],
      { "PROPFIND /a/": { status: 400 }, "PROPFIND /a": file("/a"), GET: { status: 404 } },
      4,
      /: \/a is a file, not a folder; leave out the slash at its end$/,
    ],
    [
      "a file, with -r",
      ["-r", "URLa"],
      { "PROPFIND /a/": { status: 403 }, "PROPFIND /a": file("/a") },
      5,
      /: \/a is a file, not a folder$/,
    ],
    ["without a listing", ["URLa", "-"], { PROPFIND: { status: 405 }, GET: cut }, 0, /^$/],
  ])("%s", async (_what, args, answers, code, said) => {
    writeFileSync(join(cwd, "old"), "old");
    mkdirSync(join(cwd, "d"));
    const ran = await run(["get", ...args], answers);
    expect([ran.code, ran.said.join("\n")]).toEqual([code, expect.stringMatching(said)]);
    expect(readdirSync(cwd).filter((name) => name.startsWith(".meanwhile"))).toEqual([]);
    if (code !== 0) expect(readFileSync(join(cwd, "old"), "utf8")).toBe("old");
  });
});
