/**
 * `npm run bench`: Meanwhile beside other servers and floors, in one run on one machine, in interleaved rounds; medians.
 * Writes docs/benchmarks.md and docs/benchmarks.svg.
 *
 *   npm run bench -- [--only KEY,KEY] [--rounds N] [--quick] [--no-write]
 */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { apache } from "../conformance/peers/apache.mjs";
import { startPeer } from "../conformance/peers/peer.mjs";
import { bareNode, binary, meanwhile, others } from "./peers.mjs";
import { page, picture } from "./report.mjs";
import { clear, furnish, furnishLarge, largeWorks, makeFlat, report, syncedKeys, works } from "./works.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string" },
    "no-write": { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
/** After so many a listing is warm. */
const warmListings = 40;
const loadMs = values.quick ? 1_000 : 2_000;
const only = values.only?.split(",");
const isChosen = ({ key }) => only === undefined || only.includes(key);
const pageFile = fileURLToPath(new URL("../docs/benchmarks.md", import.meta.url));
const memoryFolder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

spawnSync("bash", [fileURLToPath(new URL("../scripts/judges.sh", import.meta.url)), "bench"], {
  stdio: "ignore",
});

const unsynced = [meanwhile("none"), ...others, bareNode(false)];
const groups = [
  await measureGroup({ name: "Unsynced", where: memoryFolder, works, servers: unsynced, furnish, rounds }),
  await measureGroup({
    ...{ name: "Synced", where: tmpdir(), furnish, rounds },
    works: works.filter(({ key }) => syncedKeys.includes(key)),
    servers: [meanwhile("full"), bareNode(true)],
  }),
  ...(values.quick
    ? []
    : [
        await measureGroup({
          ...{ name: "Large", where: memoryFolder, works: largeWorks, furnish: furnishLarge },
          ...{ servers: [meanwhile("none"), apache(), bareNode(false)], rounds: Math.max(1, rounds - 1) },
        }),
      ]),
];
const starts = only === undefined || only.includes("start") ? await measureStarts() : [];
const waiting =
  (only === undefined && !values.quick) || only?.includes("waiting") ? await measureWaiting() : undefined;
const about = {
  commit: spawnSync("git", ["log", "-1", "--format=%h, %as"], { encoding: "utf8" }).stdout.trim(),
  rounds,
  loadMs,
};
const causes = readFileSync(new URL("causes.md", import.meta.url), "utf8");
const text = page({ groups, starts, waiting, causes, about });
console.log(text);
if (!values["no-write"] && only === undefined) {
  writeFileSync(pageFile, text);
  writeFileSync(pageFile.replace(/md$/, "svg"), picture(groups[0]));
}

async function measureGroup({ name, where, works: all, servers, furnish: fill, rounds: counted }) {
  const chosen = all.filter(isChosen);
  const group = { name, works: chosen, servers: [], results: new Map() };
  if (chosen.length === 0) return group;
  const root = mkdtempSync(join(where, "meanwhile-bench-"));
  // Servers that give up being root must get in.
  chmodSync(root, 0o755);
  const sites = [];
  try {
    for (const server of servers) {
      const version = server.version();
      if (version === undefined) continue;
      const site = { ...(await startPeer(server, { root })), server, version };
      fill(site.folder);
      site.own();
      sites.push(site);
      group.servers.push({ name: server.name, note: server.note, version });
    }
    // The first round warms up, and is not counted.
    for (let round = 0; round <= counted; round += 1) {
      for (const work of chosen) for (const site of sites) await measure(group, work, site, round);
    }
  } finally {
    await Promise.all(sites.map(({ stop }) => stop()));
    rmSync(root, { recursive: true, force: true });
  }
  return group;
}

async function measure({ name, results }, work, site, round) {
  const isFloor = site.server.name === "bare Node";
  const act = isFloor && work.command !== undefined ? work.command : work.run;
  const found = results.get(work.key) ?? new Map();
  results.set(work.key, found);
  const before = found.get(site.server.name) ?? { figures: [] };
  // What failed once is not tried again.
  if (before.failure !== undefined) return;
  found.set(site.server.name, before);
  try {
    const figure = await act(site, round === 0 ? loadMs / 4 : loadMs);
    if (round > 0) before.figures.push(figure);
    console.error(`${name} ${round}: ${work.key}: ${site.server.name}: ${figure.toFixed(2)} ${work.unit}`);
  } catch (error) {
    before.failure = error.message.split("\n")[0];
    console.error(`${name}: ${work.key}: ${site.server.name}: ${before.failure}`);
  } finally {
    clear(site.folder);
    site.own();
  }
}

/** From nothing to listening, to the version, to the first listing, and what memory an idle server has; beside bare Node. */
async function measureStarts() {
  const rows = [];
  for (let round = 1; round <= rounds; round += 1) {
    rows.push({
      listening: [await listening(meanwhile("full")), await listening(bareNode(false))],
      version: [lasts([binary, "--version"]), lasts(["-e", "0"])],
    });
  }
  return rows;
}

async function listening(server) {
  const root = mkdtempSync(join(memoryFolder, "meanwhile-bench-"));
  makeFlat(root, 1_000);
  const port = 18_000 + Math.floor(Math.random() * 10_000);
  try {
    const { program, args } = server.command({ folder: root, place: `${root}.place`, port });
    const started = performance.now();
    const child = spawn(program, args, { stdio: "ignore" });
    while (!(await fetch(`http://127.0.0.1:${port}/`, { method: "OPTIONS" }).catch(() => undefined))) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const ms = performance.now() - started;
    const rss =
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;
    const list = () => report(`http://127.0.0.1:${port}/flat1000/`, "1", 1_001);
    const first = await list();
    const warm = [];
    for (let time = 0; time < warmListings; time += 1) warm.push(await list());
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
    return { ms, rss, first: first / Math.min(...warm.slice(-5)) };
  } finally {
    rmSync(root, { recursive: true, force: true });
    rmSync(`${root}.place`, { recursive: true, force: true });
  }
}

/** What many that wait take, as its own program tells it. */
async function measureWaiting() {
  const { stdout } = spawnSync(
    process.execPath,
    ["--conditions=@meanwhile/built", fileURLToPath(new URL("waiting.mjs", import.meta.url))],
    { encoding: "utf8" },
  );
  return stdout;
}

function lasts(args) {
  const started = performance.now();
  spawnSync(process.execPath, args);
  return performance.now() - started;
}
