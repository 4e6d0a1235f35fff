/** What the commands say where servers say too little: the place and the reason, found out by a look. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runProgram } from "../program.ts";
import {
  multistatus,
  type ScriptAnswer,
  type ScriptServer,
  startScriptServer,
} from "../testing/script-server.ts";
import { testTerminal } from "../testing/test-terminal.ts";

let cwd: string;
let server: ScriptServer | undefined;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "meanwhile-reasons-"));
  writeFileSync(join(cwd, "a"), "abc");
});
afterEach(async () => {
  await server?.close();
  rmSync(cwd, { recursive: true });
});

const file = (href: string) => multistatus({ href, length: 3 });
const folder = (href: string) => multistatus({ href, folder: true });
const status = (code: number): ScriptAnswer => ({ status: code });

/** Runs a command; answers are by method and path, then by method, and 404 else. */
async function run(line: string, answers: Readonly<Record<string, ScriptAnswer>>) {
  server = await startScriptServer(
    ({ method, path }) => answers[`${method} ${path}`] ?? answers[method] ?? status(404),
  );
  const { url } = server;
  const terminal = testTerminal({ cwd, input: "abc", env: { XDG_STATE_HOME: join(cwd, ".state") } });
  const args = line.split(" ").map((arg) => arg.replace("URL", url));
  const code = await runProgram(args, terminal);
  const changes = server.asked.filter((each) => !/^(PROPFIND|HEAD|OPTIONS|GET) /.test(each));
  return { code, changes, said: [...terminal.printed(), ...terminal.complained].join("\n") };
}

/** As Apache finds something under the URL of a file with a slash at its end; nginx and rclone find the file. */
const apacheFile = { "PROPFIND /f": file("/f"), "PROPFIND /f/": status(400), "PROPFIND /f/x": status(400) };
const nginxFile = { "PROPFIND /f": file("/f"), "PROPFIND /f/": file("/f/") };
const source = { "PROPFIND /s": file("/s"), "PROPFIND /d/": folder("/d/"), "PROPFIND /d": folder("/d/") };
const noFolder = /\/n\/: there is no such folder; make it with `meanwhile mkdir -p`$/;
const belowFile = /\/f is a file, so nothing can be put into it$/;

test.each<[line: string, Readonly<Record<string, ScriptAnswer>>, code: number, said: RegExp]>([
  // nginx, rclone, Apache
  ["put a URLn/x", { PUT: status(500) }, 8, noFolder],
  ["put a URLn/x", { PUT: status(404) }, 8, noFolder],
  ["put - URLn/x", { PUT: status(409) }, 8, noFolder],
  ["put a URLf/x", { ...apacheFile, PUT: status(409) }, 8, belowFile],
  ["put a URLd/x", { ...source, PUT: status(500) }, 1, /\/d\/x: the server failed \(500\)$/],
  ["put a URLd/x", { PUT: status(507), PROPFIND: status(404) }, 1, /no space left at the server \(507\)$/],
  ["cp URLs URLn/x", { ...source, COPY: status(500) }, 8, noFolder],
  ["mv URLs URLn/x", { ...source, MOVE: status(403) }, 8, noFolder],
  ["cp URLs URLn/x", { ...source, COPY: multistatus({ href: "/n/x", status: 404 }) }, 8, noFolder],
  [
    "cp URLs URLn/x",
    { ...source, COPY: multistatus({ href: "/n/x", status: 507 }) },
    3,
    /^meanwhile: \/n\/x: no space left at the server\n/,
  ],
  // The top of a server, where WebDAV begins further down.
  ["put a URLx", { PUT: status(403) }, 5, /\/x: not allowed/],
  ["mkdir URLx", { MKCOL: status(403) }, 5, /\/x\/: not allowed/],
  ["cp URLs URLf/", { ...source, ...apacheFile }, 8, belowFile],
  ["mkdir URLn/x", { MKCOL: status(500) }, 8, noFolder],
  ["mkdir URLf", { ...apacheFile, MKCOL: status(400) }, 8, /\/f is a file already$/],
  ["mkdir URLf", { ...nginxFile, MKCOL: status(405) }, 8, /\/f is a file already$/],
  // lighttpd
  [
    "mkdir URLf",
    { "PROPFIND /f": file("/f"), PROPFIND: status(403), HEAD: status(403), MKCOL: status(405) },
    8,
    /\/f is a file already$/,
  ],
  ["mkdir URLd", { ...source, MKCOL: status(405) }, 8, /\/d\/ is a folder already$/],
  ["mkdir URLd", { ...source, MKCOL: status(409) }, 8, /\/d\/ is a folder already$/],
  ["mkdir -p URLd", { ...source, MKCOL: status(409) }, 0, /^$/],
  ["mkdir -p URLd", { ...source, MKCOL: status(403) }, 0, /^$/],
  ["mkdir -p URLf/x", { ...apacheFile, MKCOL: status(400) }, 8, belowFile],
  ["mkdir -p URLf/x", { ...nginxFile, MKCOL: status(403) }, 8, belowFile],
  [
    "mkdir URLd/x",
    { ...source, MKCOL: { status: 405, headers: { Allow: "GET" } } },
    8,
    /\/d\/x\/: there is nothing, and the server makes no folder there \(405\)$/,
  ],
  [
    "mkdir URLd/x",
    { ...source, MKCOL: status(403) },
    5,
    /\/d\/x\/: not allowed \(403\); the server asks for no login here/,
  ],
  [
    "mv --replace URLd/ URLs",
    { ...source, MOVE: status(400) },
    8,
    /\/s is a file, and this server puts no folder in its place \(400\); delete the file with `meanwhile rm` first$/,
  ],
  [
    "cp --replace URLd URLs",
    { ...source, COPY: { status: 308, headers: { Location: "/d/" } } },
    8,
    /\/s is a file, and this server puts no folder in its place \(308\)/,
  ],
])("%s, %j", async (line, answers, code, said) => {
  const ran = await run(line, answers);
  expect(ran).toMatchObject({ code, said: expect.stringMatching(said) });
});

test.each([
  ["put -n a URLf", nginxFile],
  ["put -n a URLd/", { "PROPFIND /d/a": file("/d/a") }],
  ["put -n a URLd", { ...source, "PROPFIND /d/a": file("/d/a") }],
  ["put -n - URLf", nginxFile],
  ["put -n a URLf", { PROPFIND: status(405), HEAD: status(200) }],
])("%s keeps what is there, also where the server does not heed If-None-Match", async (line, answers) => {
  const ran = await run(line, { ...answers, PUT: status(204) });
  expect(ran).toMatchObject({ code: 8, changes: [] });
  expect(ran.said).toMatch(/: something is there already; without --no-overwrite it is replaced$/);
});

test.each([
  ["409", status(409)],
  ["a redirection", { status: 301, headers: { Location: "/d/" } }],
])(
  "rm -r of a folder whose URL has no slash, refused with %s, deletes it with one",
  async (_what, refusal) => {
    const answers = { ...source, "DELETE /d": refusal, "DELETE /d/": status(204) };
    expect(await run("rm -r URLd", answers)).toMatchObject({ code: 0, changes: ["DELETE /d", "DELETE /d/"] });
    await server?.close();
    const other = await run("rm -r URLf", { ...nginxFile, "DELETE /f": refusal });
    expect(other.changes).toEqual(["DELETE /f"]);
  },
);

describe("a page to log in, in place of the server", () => {
  const page: ScriptAnswer = {
    status: 200,
    headers: { "Content-Type": "text/html" },
    content: "<!doctype html><title>Log in</title>",
  };
  const every = Object.fromEntries(
    ["PROPFIND", "HEAD", "OPTIONS", "GET", "PUT", "MKCOL", "COPY", "MOVE"].map((method) => [method, page]),
  );
  test.each([
    "ls URLd/",
    "stat URLd",
    "get -r URLd/ x",
    "put a URLd",
    "put - URLd",
    "mkdir URLd",
    "mkdir -p URLd",
    "cp --replace URLs URLd",
    "mv --replace URLs URLd",
    "put -r . URLd/",
    "sync --delete URLd/ .",
  ])("%s does not take it for a success", async (line) => {
    const ran = await run(line, every);
    expect(ran.code).toBeGreaterThan(0);
    expect(ran.said).toMatch(/a web page (?:came|is there), perhaps one to log in/);
    expect(readFileSync(join(cwd, "a"), "utf8")).toBe("abc");
  });

  const away = (status: number): ScriptAnswer => ({
    status,
    headers: { Location: "https://login.example/in?x=1" },
  });
  test.each(["ls URLd/", "put a URLd", "mkdir URLd", "rm URLd", "sync --delete URLd/ ."])(
    "%s, redirected to one elsewhere, says so",
    async (line) => {
      const ran = await run(
        line,
        Object.fromEntries(Object.keys(every).map((method) => [method, away(302)])),
      );
      expect(ran).toMatchObject({
        code: 1,
        said: expect.stringMatching(/redirects \w+ to https:\/\/login\.example\/in \(302\)/),
      });
    },
  );
});
