/** What is measured. Each job is done by each peer in turn, several rounds. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { giveToServer } from "../conformance/foreground.mjs";

const properties =
  '<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop><D:getcontentlength/><D:getlastmodified/><D:getetag/><D:resourcetype/></D:prop></D:propfind>';
const largeBytes = 100 * 1024 * 1024;
const treeDocuments = 10_000;

/**
 * @typedef {{ url: string, folder: string }} Site
 * @typedef {{ ms: number, requests: number }} Done `ms` for one request; `requests` answered while it was measured
 * @typedef {{ name: string, unit: "ms" | "requests/s", prepare?: (site: Site) => void, run: (site: Site, quick: boolean) => Promise<Done> }} Job
 */

/** @type {readonly Job[]} */
export const jobs = [
  {
    name: "PROPFIND depth 1, 1,000 members",
    unit: "ms",
    run: (site, quick) => list(site, 1_000, quick ? 3 : 20),
  },
  {
    name: "PROPFIND depth 1, 10,000 members",
    unit: "ms",
    run: (site, quick) => list(site, 10_000, quick ? 2 : 5),
  },
  {
    name: "GET 1 KiB, 32 connections",
    unit: "requests/s",
    run: async ({ url }, quick) => wrk(["-c32"], `${url}small.bin`, quick),
  },
  {
    name: "PUT 1 KiB, 16 connections",
    unit: "requests/s",
    prepare: ({ folder }) => emptied(folder, "put"),
    run: async ({ url }, quick) =>
      wrk(["-c16", "-s", new URL("put.lua", import.meta.url).pathname], `${url}put/`, quick),
  },
  { name: "GET 100 MiB", unit: "ms", run: (site, quick) => repeated(quick ? 1 : 3, () => getLarge(site)) },
  {
    name: "COPY a tree of 10,000 documents",
    unit: "ms",
    prepare: ({ folder }) => rmSync(join(folder, "copied"), { recursive: true, force: true }),
    run: (site) => repeated(1, () => copyTree(site)),
  },
  {
    name: "DELETE a tree of 10,000 documents",
    unit: "ms",
    prepare({ folder }) {
      rmSync(join(folder, "doomed"), { recursive: true, force: true });
      makeTree(join(folder, "doomed"));
    },
    run: (site) => repeated(1, () => deleteTree(site)),
  },
];

/** Makes what the jobs read. */
export function furnish(folder) {
  writeFileSync(join(folder, "small.bin"), Buffer.alloc(1024, "s"));
  writeFileSync(join(folder, "large.bin"), "");
  truncateSync(join(folder, "large.bin"), largeBytes);
  for (const count of [1_000, 10_000]) {
    mkdirSync(join(folder, `flat${count}`));
    for (let index = 0; index < count; index += 1) {
      writeFileSync(join(folder, `flat${count}`, `document-${index}.txt`), `${index}`);
    }
  }
  makeTree(join(folder, "tree"));
  giveToServer(folder);
}

function makeTree(folder) {
  const content = Buffer.alloc(1024, "t");
  for (let index = 0; index < treeDocuments; index += 1) {
    const collection = join(folder, `c${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(collection, { recursive: true });
    writeFileSync(join(collection, `d${index}.bin`), content);
  }
  giveToServer(folder);
}

function emptied(folder, name) {
  rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(join(folder, name));
  giveToServer(join(folder, name));
}

async function list({ url }, count, times) {
  return repeated(times, async (agent) => {
    const target = `${url}flat${count}/`;
    const answer = await ask(
      agent,
      "PROPFIND",
      target,
      { Depth: "1", "Content-Type": "application/xml" },
      properties,
    );
    expectStatus(answer, [207]);
    const found = answer.text.match(/<(\w+:)?href[ >]/gi)?.length ?? 0;
    if (found !== count + 1) throw new Error(`PROPFIND lists ${found} resources, not ${count + 1}`);
  });
}

async function getLarge({ url }) {
  const answer = await ask(undefined, "GET", `${url}large.bin`, {}, "", true);
  expectStatus(answer, [200]);
  if (answer.bytes !== largeBytes) throw new Error(`GET gives ${answer.bytes} bytes`);
}

async function copyTree({ url, folder }) {
  expectStatus(
    await ask(undefined, "COPY", `${url}tree/`, { Destination: `${url}copied/` }),
    [200, 201, 204],
  );
  const found = readdirSync(join(folder, "copied"), { recursive: true }).filter((name) =>
    name.endsWith(".bin"),
  ).length;
  if (found !== treeDocuments) throw new Error(`COPY copies ${found} documents`);
}

async function deleteTree({ url, folder }) {
  expectStatus(await ask(undefined, "DELETE", `${url}doomed/`), [200, 204]);
  if (existsSync(join(folder, "doomed"))) throw new Error("DELETE leaves it");
}

function expectStatus({ status }, good) {
  if (!good.includes(status)) throw new Error(`status ${status}`);
}

/** The shortest of several, one after another on one connection. What is asserted afterwards is not counted. */
async function repeated(times, action) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let ms = Number.POSITIVE_INFINITY;
  for (let index = 0; index < times; index += 1) {
    const before = lastAskedMs.sum;
    await action(agent);
    ms = Math.min(ms, lastAskedMs.sum - before);
  }
  agent.destroy();
  return { ms, requests: times };
}

const lastAskedMs = { sum: 0 };

function ask(agent, method, url, headers = {}, content = "", discard = false) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const length = content === "" ? {} : { "Content-Length": Buffer.byteLength(content) };
    const asked = request(url, { method, agent, headers: { ...headers, ...length } }, (response) => {
      const chunks = [];
      let bytes = 0;
      response.on("data", (chunk) => {
        bytes += chunk.length;
        if (!discard) chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () => {
        lastAskedMs.sum += performance.now() - started;
        resolve({ status: response.statusCode, bytes, text: Buffer.concat(chunks).toString("utf8") });
      });
    });
    asked.on("error", reject);
    asked.end(content);
  });
}

function wrk(args, url, quick) {
  const { stdout, stderr, status } = spawnSync("wrk", ["-t1", quick ? "-d1s" : "-d3s", ...args, url], {
    encoding: "utf8",
  });
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1];
  if (status !== 0 || refused !== undefined || !(requests > 0)) {
    throw new Error(`wrk: ${refused === undefined ? stderr || stdout : `${refused} of ${requests} refused`}`);
  }
  return { ms: 1000 / perSecond, requests };
}
