// @ts-check
/**
 * `npm run ways`: how long the way of a request is. For each of some requests to a warm server: the files and functions of
 * ours that it runs through and how often they are called, by V8's precise coverage in this process; and the system calls
 * that it makes, by strace on a server of its own, where strace is there and may attach.
 *
 *   node scripts/ways.mjs [--list GET]     --list: also the functions in one request's way, by file
 *   node scripts/ways.mjs --json           the system calls alone, with durability "full", for conformance/ways.ci.test.ts
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { list: { type: "string" }, json: { type: "boolean", default: false } },
});
const binary = fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));
const built = new URL("../packages/meanwhile/dist/main.js", import.meta.url);
const ours = /\/packages\/([\w-]+\/dist\/.+\.js)$/;

/** Where each request has a file of its own. */
const numbered = ["doomed", "moving", "locked"];
/** Requests before the one that is looked at: the paths are warm then, and so is the code. */
const warmUps = 30;
/** Requests whose system calls are counted; what is told is the mean. */
const counted = 20;

/** Calls of the machinery, which come whatever the request is: waiting, waking others, memory, the clock. */
const machinery = new Set(
  "futex epoll_wait epoll_pwait epoll_ctl madvise mprotect mmap munmap brk clock_gettime getpid sched_yield gettid".split(
    " ",
  ),
);

/**
 * @typedef {object} Way
 * @property {string} name
 * @property {string} method
 * @property {(at: number) => string} path
 * @property {Readonly<Record<string, string>>} [headers]
 * @property {(at: number, url: string) => Readonly<Record<string, string>>} [more] headers of each request
 * @property {string} [content]
 * @property {boolean} [interim] it is to get a 102
 */

/** @type {readonly Way[]} */
const ways = [
  { name: "GET of 5 bytes", method: "GET", path: () => "/five.txt" },
  { name: "PUT over a file", method: "PUT", path: () => "/put.txt", content: "hello" },
  {
    name: "COPY of a small tree, a 102",
    method: "COPY",
    path: () => "/tree/",
    headers: { Prefer: "processing", Depth: "infinity" },
    more: (at, url) => ({ Destination: `${url}copied-${at}/` }),
    interim: true,
  },
  { name: "PROPFIND depth 1, 3 members", method: "PROPFIND", path: () => "/tree/", headers: { Depth: "1" } },
  {
    name: "MOVE of a file",
    method: "MOVE",
    path: (at) => `/moving/${at}.txt`,
    more: (at, url) => ({ Destination: `${url}moved/${at}.txt` }),
  },
  {
    name: "LOCK of a file",
    method: "LOCK",
    path: (at) => `/locked/${at}.txt`,
    content:
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>',
  },
  { name: "DELETE of a file", method: "DELETE", path: (at) => `/doomed/${at}.txt` },
];

/** The server in this process prints what is not asked for here. */
const print = process.stdout.write.bind(process.stdout);
const place = mkdtempSync(join(tmpdir(), "meanwhile-ways-"));
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
try {
  const inProcess = values.json ? [] : await coverages();
  const outside = await systemCalls();
  if (values.json)
    print(JSON.stringify(ways.map(({ name }, at) => ({ name, calls: outside?.[at]?.calls ?? null }))));
  else
    print(
      table([
        ["request", "files", "functions", "calls", "system calls", "which"],
        ...ways.map((way, at) => {
          const { files, functions, calls } = inProcess[at] ?? { files: 0, functions: 0, calls: 0 };
          const { each, which } = outside?.[at] ?? { each: "not counted", which: "" };
          return [way.name, files, functions, calls, each, which].map(String);
        }),
      ]),
    );
} finally {
  agent.destroy();
  rmSync(place, { recursive: true, force: true });
}
// The server in this process has no end of its own.
process.exit();

async function coverages() {
  const folder = furnish("in-process");
  const url = await listening(serveHere(folder));
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  const results = [];
  for (const way of ways) {
    for (let at = 0; at < warmUps; at += 1) await ask(url, way, at);
    await settled();
    await session.post("Profiler.takePreciseCoverage");
    await ask(url, way, warmUps);
    await settled();
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const found = result.flatMap(({ url: file, functions }) => {
      const [, name] = ours.exec(file) ?? [];
      // The first function of a file is the file itself.
      const called = functions.filter(
        ({ ranges }) => (ranges[0]?.count ?? 0) > 0 && ranges[0]?.startOffset !== 0,
      );
      return name === undefined || called.length === 0 ? [] : [{ name, called }];
    });
    if (values.list !== undefined && way.method === values.list) list(found);
    const all = found.flatMap(({ called }) => called);
    const calls = all.reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0);
    results.push({ files: found.length, functions: all.length, calls });
  }
  session.disconnect();
  return results;
}

/** Starts the built command in this process. @returns {AsyncIterable<string>} what it prints */
async function* serveHere(folder) {
  const printed = [];
  let told = () => {};
  process.stdout.write = (text) => {
    printed.push(String(text));
    told();
    return true;
  };
  process.argv = [process.execPath, binary, ...serveArguments(folder)];
  // As built file by file: the command is one bundle, which has no files to count. It ends with the server.
  void import(built.href);
  while (printed.length === 0) {
    await new Promise((resolve) => {
      told = () => resolve(undefined);
    });
  }
  yield* printed;
}

async function systemCalls() {
  if (spawnSync("strace", ["-V"]).status !== 0) return undefined;
  const folder = furnish("outside");
  const server = spawn(process.execPath, [binary, ...serveArguments(folder)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const url = await listening(server.stdout.setEncoding("utf8"));
    const results = [];
    for (const way of ways) {
      for (let at = 0; at < warmUps; at += 1) await ask(url, way, at);
      const calls = await traced(server.pid, async () => {
        for (let at = warmUps; at < warmUps + counted; at += 1) await ask(url, way, at);
      });
      if (calls === undefined) return undefined;
      const sorted = [...calls].sort(([, a], [, b]) => b - a);
      const each = (count) => (count / counted).toFixed(count % counted === 0 ? 0 : 1);
      results.push({
        calls: Object.fromEntries(sorted.map(([name, count]) => [name, count / counted])),
        each: each(sorted.reduce((sum, [, count]) => sum + count, 0)),
        which: sorted
          .filter(([, count]) => count >= counted / 2)
          .map(([name, count]) => `${each(count)} ${name}`)
          .join(", "),
      });
    }
    return results;
  } finally {
    server.kill();
    await once(server, "exit");
  }
}

/** The calls that a process makes meanwhile, by name; undefined where strace is missing. */
async function traced(pid, act) {
  const file = join(place, "trace");
  const strace = spawn("strace", ["-f", "-qq", "-p", String(pid), "-o", file], { stdio: "ignore" });
  await wait(300);
  if (strace.exitCode !== null) return undefined;
  await act();
  await wait(100);
  strace.kill("SIGINT");
  await once(strace, "exit");
  const calls = new Map();
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, name] = /^\d+\s+(\w+)\(/.exec(line) ?? [];
    if (name !== undefined && !machinery.has(name)) calls.set(name, (calls.get(name) ?? 0) + 1);
  }
  return calls;
}

function serveArguments(folder) {
  const state = `${folder}-state`;
  const quiet = ["--log-level", "error", "--front", "none"];
  return [
    "serve",
    folder,
    "--listen",
    "127.0.0.1:0",
    "--state",
    state,
    "--durability",
    values.json ? "full" : "none",
    ...quiet,
  ];
}

function furnish(name) {
  const folder = join(place, name);
  for (const directory of ["tree", "moved", ...numbered])
    mkdirSync(join(folder, directory), { recursive: true });
  for (const file of ["five.txt", "put.txt", "tree/a.txt", "tree/b.txt", "tree/c.txt"]) {
    writeFileSync(join(folder, file), "hello");
  }
  for (const directory of numbered)
    for (let at = 0; at <= warmUps + counted; at += 1)
      writeFileSync(join(folder, directory, `${at}.txt`), "hello");
  return folder;
}

/** @param {AsyncIterable<string>} output */
async function listening(output) {
  for await (const text of output) {
    const [url] = /http:\/\/\S+/.exec(text) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error("the server does not listen");
}

/** @param {string} url @param {Way} way @param {number} at */
async function ask(url, { method, path, headers, more, content, interim }, at) {
  let interims = 0;
  const asked = request(new URL(path(at), url), {
    method,
    agent,
    headers: {
      ...headers,
      ...more?.(at, url),
      ...(content === undefined ? {} : { "Content-Length": String(content.length) }),
    },
  });
  asked.on("information", () => {
    interims += 1;
  });
  asked.end(content);
  const [response] = await once(asked, "response");
  for await (const _ of response);
  if (response.statusCode >= 300) throw new Error(`${method} ${path(at)}: ${response.statusCode}`);
  if (interim === true && interims === 0) throw new Error(`${method} ${path(at)} got no interim response`);
}

/** What comes after a response, such as its log line, is in its way, too. */
function settled() {
  return wait(50);
}

function list(found) {
  for (const { name, called } of found) {
    const names = called.map(
      ({ functionName, ranges }) => `${functionName || "(nameless)"} x${ranges[0]?.count}`,
    );
    print(`${name}\n    ${names.join("\n    ")}\n`);
  }
}

/** @param {readonly (readonly string[])[]} rows */
function table(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
    .concat("\n");
}
