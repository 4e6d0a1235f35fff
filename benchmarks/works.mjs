/** What is measured: each work is done by each server in turn, several rounds. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { giveToServer } from "../conformance/foreground.mjs";
import { p99, steps, timed, wrk } from "./load.mjs";

const xml = { "Content-Type": "application/xml" };
const propfind =
  '<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop><D:getcontentlength/><D:getlastmodified/><D:getetag/><D:resourcetype/></D:prop></D:propfind>';
const proppatch = (value) =>
  `<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><a xmlns="urn:bench">${value}</a></D:prop></D:set></D:propertyupdate>`;
const lockinfo =
  '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const MiB = 1024 * 1024;

/**
 * @typedef {{ url: string, folder: string, pid: number }} Site
 * @typedef {object} Work
 * @property {string} key for `--only`
 * @property {string} name
 * @property {"ms" | "MB" | "/s" | "MB/s"} unit of what `run` resolves with; of "ms" and "MB" less is better
 * @property {(site: Site, ms: number) => Promise<number>} run `ms`: how long steady load goes on
 * @property {(site: Site) => Promise<number>} [command] the floor of works on trees: a program of the system
 * @property {string} goal the ratio that is aimed at, for people
 */

const perSecond = (connections, step) => (site, ms) => {
  const run = randomBytes(4).toString("hex");
  return steps({ connections, ms }, (ask, connection, number) =>
    step(ask, `${site.url}scratch/${run}-${connection}`, number),
  );
};

/** @type {readonly Work[]} */
export const works = [
  {
    ...{ key: "get", name: "GET 1 KiB, 32 connections, one document", unit: "/s" },
    ...{ goal: "0.75 of bare Node, above Apache" },
    run: ({ url }, ms) => wrk(`${url}flat1000/document-1.txt`, { connections: 32, ms }),
  },
  {
    ...{ key: "get-many", name: "GET 1 KiB, 32 connections, 1,000 documents", unit: "/s" },
    goal: "0.9 of bare Node",
    run: ({ url }, ms) =>
      wrk(url, { connections: 32, ms, script: new URL("get-many.lua", import.meta.url).pathname }),
  },
  {
    ...{ key: "get-large", name: "GET 100 MiB", unit: "MB/s", goal: "0.8 of nginx" },
    run: async ({ url }) => {
      const { bytes, ms } = await timed("GET", `${url}large.bin`, [200]);
      if (bytes !== 100 * MiB) throw new Error(`${bytes} bytes`);
      return bytes / 1000 / ms;
    },
  },
  {
    ...{ key: "put", name: "PUT 1 KiB, 16 connections", unit: "/s", goal: "1.0 of Apache" },
    run: perSecond(16, (ask, at, number) => ask("PUT", `${at}-${number}`, [201, 204], {}, "p".repeat(1024))),
  },
  {
    ...{ key: "put-large", name: "PUT 500 MiB", unit: "MB/s", goal: "2.0 of nginx" },
    run: async ({ url }) =>
      (500 * MiB) / 1000 / (await timed("PUT", `${url}scratch/large`, [201, 204], {}, large())).ms,
  },
  {
    ...{ key: "put-large-memory", name: "memory (RSS) that a PUT of 500 MiB adds at most", unit: "MB" },
    goal: "60 MB",
    async run({ url, pid }) {
      const before = memory(pid, "VmRSS");
      // From now on the greatest counts anew.
      writeFileSync(`/proc/${pid}/clear_refs`, "5");
      await timed("PUT", `${url}scratch/large`, [201, 204], {}, large());
      // Nothing at all would be no figure to divide by.
      return Math.max(1, memory(pid, "VmHWM") - before);
    },
  },
  ...[1_000, 10_000].map((count) => listing(count)),
  {
    ...{ key: "propfind-0", name: "PROPFIND of Depth 0, one connection", unit: "/s", goal: "above Apache" },
    run: perSecond(1, (ask, at) =>
      ask("PROPFIND", new URL("/flat1000/document-1.txt", at).href, [207], { ...xml, Depth: "0" }, propfind),
    ),
  },
  {
    ...{ key: "options", name: "OPTIONS, one connection", unit: "/s", goal: "above Apache" },
    run: perSecond(1, (ask, at) => ask("OPTIONS", new URL("/", at).href, [200, 204])),
  },
  {
    ...{ key: "mkcol", name: "MKCOL, one connection", unit: "/s", goal: "1.0 of Apache" },
    run: perSecond(1, (ask, at, number) => ask("MKCOL", `${at}-${number}/`, [201])),
  },
  {
    ...{ key: "move", name: "MOVE of a document, one connection", unit: "/s", goal: "1.0 of Apache" },
    run: perSecond(1, async (ask, at, number) => {
      if (number === 0) await ask("PUT", `${at}-0`, [201, 204], {}, "m");
      await ask("MOVE", `${at}-${number}`, [201, 204], { Destination: `${at}-${number + 1}` });
    }),
  },
  {
    ...{ key: "copy-one", name: "COPY of a document, one connection", unit: "/s", goal: "1.0 of Apache" },
    run: perSecond(1, (ask, at, number) =>
      ask("COPY", new URL("/flat1000/document-1.txt", at).href, [201, 204], {
        Destination: `${at}-${number}`,
      }),
    ),
  },
  {
    ...{
      key: "put-delete",
      name: "PUT and DELETE of a document, one connection",
      unit: "/s",
      goal: "1.0 of Apache",
    },
    run: perSecond(1, async (ask, at) => {
      await ask("PUT", at, [201, 204], {}, "d");
      await ask("DELETE", at, [204]);
    }),
  },
  locking(1),
  locking(16),
  {
    ...{ key: "proppatch", name: "PROPPATCH, 16 connections", unit: "/s", goal: "0.5 of Apache" },
    run: perSecond(16, async (ask, at, number) => {
      if (number === 0) await ask("PUT", at, [201, 204], {}, "p");
      await ask("PROPPATCH", at, [200, 204, 207], xml, proppatch(number));
    }),
  },
  {
    ...{
      key: "beside",
      name: "GET beside 8 connections of PROPPATCH, p99",
      unit: "ms",
      goal: "10 times GET alone",
    },
    async run(site, ms) {
      const other = works.find(({ key }) => key === "proppatch");
      const [late] = await Promise.all([
        p99(`${site.url}flat1000/document-1.txt`, ms * 0.8),
        other.run(site, ms),
      ]);
      return late;
    },
  },
  {
    ...{ key: "alone", name: "GET alone, p99", unit: "ms", goal: "" },
    run: (site, ms) => p99(`${site.url}flat1000/document-1.txt`, ms / 2),
  },
  copying(10_000),
  deleting(10_000),
];

/** What the synced rows measure. */
export const syncedKeys = [
  "put",
  "mkcol",
  "move",
  "copy-one",
  "put-delete",
  "lock",
  "proppatch",
  "copy-10000",
];

/** What is large: few servers do it, one round less. @type {readonly Work[]} */
export const largeWorks = [
  listing(100_000),
  {
    ...{ key: "propfind-infinity", name: "PROPFIND of Depth infinity, 100,000 members in 1,000 collections" },
    ...{ unit: "ms", goal: "1.0 of Apache" },
    run: ({ url }) => report(`${url}tree100000/`, "infinity", 101_001),
  },
  copying(100_000),
  deleting(100_000),
];

/** @returns {Work} */
function listing(count) {
  return {
    ...{ key: `propfind-${count}`, name: `PROPFIND of ${count.toLocaleString("en")} members`, unit: "ms" },
    goal: "1.0 of Apache",
    run: ({ url }) => report(`${url}flat${count}/`, "1", count + 1),
  };
}

/** One PROPFIND. @returns milliseconds */
export async function report(url, depth, resources) {
  const { text, ms } = await timed("PROPFIND", url, [207], { ...xml, Depth: depth }, propfind);
  const found = text.match(/<(\w+:)?href[ >]/gi)?.length ?? 0;
  if (found !== resources) throw new Error(`${found} resources of ${resources}`);
  return ms;
}

/** @returns {Work} */
function locking(connections) {
  return {
    ...{ key: `lock-${connections}`, unit: "/s", goal: "2.0 of Apache" },
    name: `LOCK and UNLOCK, ${connections === 1 ? "one connection" : `${connections} connections`}`,
    run: perSecond(connections, async (ask, at, number) => {
      if (number === 0) await ask("PUT", at, [201, 204], {}, "l");
      const { headers } = await ask("LOCK", at, [200, 201], { ...xml, Depth: "0" }, lockinfo);
      await ask("UNLOCK", at, [204], { "Lock-Token": headers["lock-token"] });
    }),
  };
}

/** @returns {Work} */
function copying(count) {
  return {
    ...{ key: `copy-${count}`, name: `COPY of ${count.toLocaleString("en")} documents`, unit: "ms" },
    goal: "1.1 of cp -r",
    async run({ url, folder }) {
      rmSync(join(folder, "copied"), { recursive: true, force: true });
      const { ms } = await timed("COPY", `${url}tree${count}/`, [200, 201], { Destination: `${url}copied/` });
      const found = readdirSync(join(folder, "copied"), { recursive: true }).length;
      if (found !== count * 1.01) throw new Error(`${found} members of ${count * 1.01}`);
      return ms;
    },
    command: ({ folder }) => program(folder, ["cp", "-r", `tree${count}`, "copied"], "copied"),
  };
}

/** @returns {Work} */
function deleting(count) {
  return {
    ...{ key: `delete-${count}`, name: `DELETE of ${count.toLocaleString("en")} documents`, unit: "ms" },
    goal: "1.4 of rm -rf",
    async run({ url, folder }) {
      rmSync(join(folder, "doomed"), { recursive: true, force: true });
      makeTree(join(folder, "doomed"), count);
      giveToServer(join(folder, "doomed"));
      const { ms } = await timed("DELETE", `${url}doomed/`, [204]);
      if (existsSync(join(folder, "doomed"))) throw new Error("it is still there");
      return ms;
    },
    command({ folder }) {
      makeTree(join(folder, "doomed"), count);
      return program(folder, ["rm", "-rf", "doomed"]);
    },
  };
}

/** Of a process, in MB. */
function memory(pid, name) {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1]) / 1024;
}

let largeContent;
function large() {
  largeContent ??= randomBytes(500 * MiB);
  return largeContent;
}

/** Makes what the works read: real data, written once, so that its memory was touched before. */
export function furnish(folder) {
  mkdirSync(join(folder, "scratch"));
  writeFileSync(join(folder, "large.bin"), large().subarray(0, 100 * MiB));
  for (const count of [1_000, 10_000]) makeFlat(folder, count);
  makeTree(join(folder, "tree10000"), 10_000);
}

/** Makes what the large works read. */
export function furnishLarge(folder) {
  mkdirSync(join(folder, "scratch"));
  makeFlat(folder, 100_000);
  makeTree(join(folder, "tree100000"), 100_000);
}

/** Between two works of a server: what it made goes. */
export function clear(folder) {
  rmSync(join(folder, "copied"), { recursive: true, force: true });
  for (const name of readdirSync(join(folder, "scratch"))) {
    rmSync(join(folder, "scratch", name), { recursive: true, force: true });
  }
}

/** A collection of so many documents. */
export function makeFlat(folder, count) {
  const collection = join(folder, `flat${count}`);
  mkdirSync(collection);
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(collection, `document-${index}.txt`), randomBytes(1024));
  }
}

function makeTree(folder, count) {
  const content = randomBytes(4096);
  for (let index = 0; index < count; index += 1) {
    const collection = join(folder, `c${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(collection, { recursive: true });
    writeFileSync(join(collection, `d${index}.bin`), content.subarray(0, 1024 + ((index * 7919) % 3072)));
  }
}

/** Runs a program of the system, and where the folder is on a disk `sync -f`. */
async function program(folder, [name, ...args], remove) {
  if (remove !== undefined) rmSync(join(folder, remove), { recursive: true, force: true });
  const onDisk = statSync(folder).dev !== statSync("/dev/shm").dev;
  const started = performance.now();
  const { status } = spawnSync(name, args, { cwd: folder });
  if (status !== 0) throw new Error(`${name}: ${status}`);
  if (onDisk) spawnSync("sync", ["-f", folder]);
  return performance.now() - started;
}
