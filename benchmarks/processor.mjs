/**
 * How much of the processor a request takes: microseconds of the server's threads, by the system's own account, over a
 * fixed number of requests to a warm server. What else runs on the machine shows less in it than in times, and least in the
 * smallest of several rounds, which is told.
 *
 *   node benchmarks/processor.mjs [--only get,put] [--connections 16] [--rounds 3] [--profile] [--program FILE]
 *
 * --profile: also where it goes, by function and by file, from V8's sampling profiler.
 * --program: another build's `bin/meanwhile.js` or `dist/main.js`; given twice, both are measured by turns.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    connections: { type: "string", default: "16" },
    rounds: { type: "string", default: "3" },
    count: { type: "string" },
    profile: { type: "boolean", default: false },
    lines: { type: "string", default: "45" },
    program: { type: "string", multiple: true },
    durability: { type: "string", default: "none" },
  },
});
const built = fileURLToPath(new URL("../packages/meanwhile/dist/main.js", import.meta.url));
const sampler = fileURLToPath(new URL("sampler.mjs", import.meta.url));
const programs = values.program ?? [built];
const connections = Number(values.connections);
const rounds = Number(values.rounds);
const lastChunk = Buffer.from("0\r\n\r\n");

const xml = "Content-Type: application/xml\r\n";
const propfind =
  '<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop><D:getcontentlength/><D:getlastmodified/><D:getetag/><D:resourcetype/></D:prop></D:propfind>';
const lockinfo =
  '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const proppatch = (value) =>
  `<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><a xmlns="urn:bench">${value}</a></D:prop></D:set></D:propertyupdate>`;

/**
 * @typedef {object} Work
 * @property {string} key
 * @property {number} count of requests that are measured
 * @property {(of: { connection: number, number: number, run: number, last: string }) => string} ask the next request, as it goes on the wire
 * @property {(connection: number) => string} [first] what each connection asks for once, before
 */

/** @type {readonly Work[]} */
const works = [
  { key: "get", count: 20_000, ask: () => message("GET", "/flat1000/document-1.txt") },
  {
    key: "304",
    count: 20_000,
    ask: () =>
      message("GET", "/flat1000/document-1.txt", "If-Modified-Since: Fri, 01 Jan 2049 00:00:00 GMT\r\n"),
  },
  { key: "options", count: 10_000, ask: () => message("OPTIONS", "/") },
  {
    key: "propfind-0",
    count: 10_000,
    ask: () => message("PROPFIND", "/flat1000/document-1.txt", `Depth: 0\r\n${xml}`, propfind),
  },
  {
    key: "propfind-1000",
    count: 60,
    ask: () => message("PROPFIND", "/flat1000/", `Depth: 1\r\n${xml}`, propfind),
  },
  {
    key: "propfind-10000",
    count: 6,
    ask: () => message("PROPFIND", "/flat10000/", `Depth: 1\r\n${xml}`, propfind),
  },
  { key: "put", count: 6_000, ask: (of) => message("PUT", name(of), "", "p".repeat(1024)) },
  {
    key: "put-over",
    count: 6_000,
    ask: ({ connection }) => message("PUT", `/scratch/over-${connection}`, "", "p".repeat(1024)),
  },
  { key: "mkcol", count: 6_000, ask: (of) => message("MKCOL", `${name(of)}/`) },
  {
    key: "copy",
    count: 3_000,
    ask: (of) => message("COPY", "/flat1000/document-1.txt", `Destination: ${name(of)}\r\n`),
  },
  {
    key: "move",
    count: 3_000,
    first: (connection) => message("PUT", `/scratch/m-${connection}-0`, "", "m"),
    ask: ({ connection, number }) =>
      message(
        "MOVE",
        `/scratch/m-${connection}-${number}`,
        `Destination: /scratch/m-${connection}-${number + 1}\r\n`,
      ),
  },
  {
    key: "put-delete",
    count: 6_000,
    ask: ({ connection, number }) =>
      number % 2 === 0
        ? message("PUT", `/scratch/d-${connection}`, "", "d")
        : message("DELETE", `/scratch/d-${connection}`),
  },
  {
    key: "lock",
    count: 6_000,
    first: (connection) => message("PUT", `/scratch/l-${connection}`, "", "l"),
    ask: ({ connection, number, last }) =>
      number % 2 === 0
        ? message("LOCK", `/scratch/l-${connection}`, `Depth: 0\r\n${xml}`, lockinfo)
        : message(
            "UNLOCK",
            `/scratch/l-${connection}`,
            `Lock-Token: ${/^lock-token: (.*)$/im.exec(last)?.[1]}\r\n`,
          ),
  },
  {
    key: "proppatch",
    count: 6_000,
    first: (connection) => message("PUT", `/scratch/p-${connection}`, "", "p"),
    ask: ({ connection, number }) => message("PROPPATCH", `/scratch/p-${connection}`, xml, proppatch(number)),
  },
];

const only = values.only?.split(",");
const chosen = works.filter(({ key }) => only === undefined || only.includes(key));
const place = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "meanwhile-processor-"));
try {
  const servers = [];
  for (const program of programs) servers.push(await start(program, servers.length));
  try {
    for (const work of chosen) await measure(work, servers);
  } finally {
    for (const { child } of servers) child.kill();
    await Promise.all(servers.map(({ child }) => child.exitCode === null && once(child, "exit")));
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}

async function measure(work, servers) {
  const count = Number(values.count ?? work.count);
  const each = servers.map(() => ({ main: [], all: [], ms: [] }));
  let profile;
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, server] of servers.entries()) {
      await load(server, work, `${round}w`, Math.ceil(count / (round === 0 ? 2 : 10)), []);
      if (values.profile && round === rounds && index === 0) await sampling(server, true);
      const before = spent(server.child.pid);
      const took = [];
      await load(server, work, String(round), count, took);
      const after = spent(server.child.pid);
      if (values.profile && round === rounds && index === 0) profile = await sampling(server, false);
      clear(server.folder);
      if (round === 0) continue;
      each[index].main.push((after.main - before.main) / count);
      each[index].all.push((after.all - before.all) / count);
      took.sort((one, other) => one - other);
      each[index].ms.push(took[took.length >> 1]);
    }
  }
  for (const [index, { main, all, ms }] of each.entries()) {
    const at = servers.length > 1 ? ` ${programs[index]}` : "";
    console.log(
      `${work.key.padEnd(15)} ${Math.min(...all)
        .toFixed(0)
        .padStart(7)} µs, of the main thread ${Math.min(...main)
        .toFixed(0)
        .padStart(7)} (median ${median(main).toFixed(0)}); p50 ${median(ms).toFixed(2)} ms${at}`,
    );
  }
  if (profile) tell(profile, count);
}

function name({ connection, number, run }) {
  return `/scratch/${run}-${connection}-${number}`;
}

function message(method, path, fields = "", content = "") {
  const length = content === "" && method !== "PUT" ? "" : `Content-Length: ${content.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields}${length}\r\n${content}`;
}

/** Each connection asks one after the other, until all together have asked `count` times. */
async function load({ port }, work, run, count, took) {
  let asked = 0;
  const wide = Math.min(connections, count);
  await Promise.all(
    Array.from({ length: wide }, async (_, connection) => {
      const wire = await open(port);
      try {
        let last = work.first === undefined ? "" : await wire.ask(work.first(connection));
        for (let number = 0; asked < count || (number % 2 === 1 && asked < count + wide); number += 1) {
          asked += 1;
          const started = performance.now();
          last = await wire.ask(work.ask({ connection, number, run, last }));
          took.push(performance.now() - started);
          if (!/^HTTP\/1.1 [23]/.test(last)) throw new Error(`${work.key}: ${last.slice(0, 200)}`);
        }
      } finally {
        wire.socket.destroy();
      }
    }),
  );
}

/** A connection that does no more than a client must, so that the server has the processor. */
async function open(port) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let wait = { resolve: (_) => {}, reject: (_) => {} };
  let chunks = [];
  let left = 0;
  let head = "";
  let isChunked = false;
  socket.on("data", (chunk) => {
    let rest = chunk;
    if (head === "") {
      chunks.push(chunk);
      const all = chunks.length === 1 ? chunk : Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      if (end < 0) return;
      head = all.latin1Slice(0, end);
      isChunked = /^transfer-encoding: chunked/im.test(head);
      left = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      rest = all.subarray(end + 4);
    }
    left -= rest.length;
    const isWhole = isChunked ? rest.subarray(-5).equals(lastChunk) : left <= 0;
    if (!isWhole) return;
    const told = head;
    head = "";
    chunks = [];
    wait.resolve(told);
  });
  socket.on("error", (error) => wait.reject(error));
  socket.on("close", () => wait.reject(new Error("the server closed the connection")));
  return {
    socket,
    ask: (text) =>
      new Promise((resolve, reject) => {
        wait = { resolve, reject };
        socket.write(text);
      }),
  };
}

async function start(program, at) {
  const folder = join(place, String(at));
  furnish(folder);
  const args = ["--conditions=@meanwhile/built", ...(values.profile ? ["--import", sampler] : []), program];
  const child = spawn(
    process.execPath,
    [
      ...args,
      "serve",
      folder,
      "--listen",
      "127.0.0.1:0",
      "--state",
      `${folder}-state`,
      "--durability",
      values.durability,
      "--log-level",
      "error",
      "--front",
      "none",
    ],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, SAMPLES: join(place, "samples.json") } },
  );
  let said = "";
  for await (const text of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += text;
    const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? [];
    if (port !== undefined) {
      child.stdout.resume();
      return { child, folder, port: Number(port) };
    }
  }
  throw new Error(`the server did not start: ${said}`);
}

function furnish(folder) {
  mkdirSync(join(folder, "scratch"), { recursive: true });
  for (const count of [1_000, 10_000]) {
    mkdirSync(join(folder, `flat${count}`));
    for (let index = 0; index < count; index += 1)
      writeFileSync(join(folder, `flat${count}`, `document-${index}.txt`), "x".repeat(1024));
  }
}

function clear(folder) {
  for (const entry of readdirSync(join(folder, "scratch")))
    rmSync(join(folder, "scratch", entry), { recursive: true, force: true });
}

/** Microseconds of the processor that a process has had: all its threads, those that ended, too; and the main one. */
function spent(pid) {
  const ticks = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  const main = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0];
  return { all: (Number(ticks[11]) + Number(ticks[12])) * 10_000, main: Number(main) / 1000 };
}

async function sampling({ child }, begin) {
  const file = join(place, "samples.json");
  child.kill("SIGUSR2");
  if (begin) return new Promise((resolve) => setTimeout(resolve, 300));
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 50));
  const text = readFileSync(file, "utf8");
  rmSync(file);
  return JSON.parse(text);
}

/** Tells self time and inclusive time, in microseconds of each request. */
function tell({ nodes, samples, timeDeltas }, count) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map();
  for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id);
  const self = new Map();
  for (const [index, id] of samples.entries()) self.set(id, (self.get(id) ?? 0) + timeDeltas[index]);
  const bySelf = new Map();
  const byAll = new Map();
  const byFile = new Map();
  const add = (map, key, us) => map.set(key, (map.get(key) ?? 0) + us);
  for (const [id, us] of self) {
    const { callFrame } = byId.get(id);
    if (["(idle)", "(root)", "(program)"].includes(callFrame.functionName)) {
      add(bySelf, callFrame.functionName, us);
      continue;
    }
    add(bySelf, named(callFrame), us);
    add(byFile, file(callFrame), us);
    const seen = new Set();
    for (let at = id; at !== undefined; at = parents.get(at)) {
      const key = named(byId.get(at).callFrame);
      if (seen.has(key)) continue;
      seen.add(key);
      add(byAll, key, us);
    }
  }
  for (const [title, map] of [
    ["self", bySelf],
    ["inclusive", byAll],
    ["file", byFile],
  ]) {
    console.log(`\n  ${title}, µs a request`);
    const sorted = [...map].sort(([, one], [, other]) => other - one).slice(0, Number(values.lines));
    for (const [key, us] of sorted) console.log(`  ${(us / count).toFixed(1).padStart(8)}  ${key}`);
  }
}

function named(callFrame) {
  return `${callFrame.functionName || "(nameless)"} ${file(callFrame)}${callFrame.url === "" ? "" : `:${callFrame.lineNumber + 1}`}`;
}

function file({ url }) {
  return url
    .replace(/^file:\/\//, "")
    .replace(/^.*\/(packages|node_modules)\//, "")
    .replace("/dist/", "/");
}

function median(figures) {
  return [...figures].sort((one, other) => one - other)[figures.length >> 1] ?? Number.NaN;
}
