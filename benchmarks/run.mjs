/**
 * `npm run bench`: Meanwhile against other WebDAV servers in one run, on one machine, in interleaved rounds. Best
 * wall time, least processor time, highest memory. Writes docs/benchmarks.md.
 *
 *   node benchmarks/run.mjs [--quick] [--only NAME,NAME] [--rounds N] [--no-write]
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startPeer } from "../conformance/peers/peer.mjs";
import { furnish, jobs } from "./jobs.mjs";
import { peers } from "./peers.mjs";
import { cpuMs, pssMb, watchMemory } from "./processes.mjs";
import { report } from "./report.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string" },
    "no-write": { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const folder = fileURLToPath(new URL(".", import.meta.url));

bringPeers();
const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "meanwhile-bench-"));
// Servers that give up being root must get in.
chmodSync(root, 0o755);
const onTmpfs = statfsSync(root).type === 0x01021994;
const sites = [];
/** By job, then by peer. */
const results = new Map(jobs.map(({ name }) => [name, new Map()]));
const idle = new Map();
const peak = new Map();
try {
  await startAll();
  for (let round = 1; round <= rounds; round += 1) {
    for (const job of jobs) {
      for (const site of sites) {
        await measure(job, site, round);
      }
    }
  }
} finally {
  await Promise.all(sites.map(({ stop }) => stop()));
  rmSync(root, { recursive: true, force: true });
}
const text = report({ peers: sites.map(({ peer }) => peer), jobs, results, idle, peak, rounds, onTmpfs });
console.log(`\n${text}`);
if (!values["no-write"]) {
  const page = join(folder, "../docs/benchmarks.md");
  // What other benchmarks have written below stays.
  const others = existsSync(page) ? (/^## Waiting$[\s\S]*/m.exec(readFileSync(page, "utf8"))?.[0] ?? "") : "";
  writeFileSync(page, others === "" ? text : `${text.trimEnd()}\n\n${others}`);
}

/** Debian's peers by the judges' script; those of npm are here. */
function bringPeers() {
  const script = join(folder, "../scripts/judges.sh");
  const { status } = spawnSync("bash", [script, "bench"], { stdio: "inherit" });
  if (status !== 0) console.error(`${script} failed: going on with the peers that are here`);
}

async function startAll() {
  const only = values.only?.split(",");
  for (const peer of peers.filter(({ name }) => only === undefined || only.includes(name))) {
    if (peer.version() === undefined) {
      console.error(`${peer.name} is not here`);
      continue;
    }
    let site;
    try {
      site = { peer, ...(await startPeer(peer, { root })) };
    } catch (error) {
      console.error(error.message);
      continue;
    }
    sites.push(site);
    furnish(site.folder);
    idle.set(peer.name, pssMb(site.pid));
    console.log(`${peer.name} ${peer.version()} at ${site.url}`);
  }
}

async function measure(job, site, round) {
  const { name } = site.peer;
  const before = results.get(job.name).get(name);
  // What failed once is not tried again.
  if (before?.failure !== undefined) return;
  const memory = watchMemory(site.pid);
  try {
    job.prepare?.(site);
    const cpuBefore = cpuMs(site.pid);
    const { ms, requests } = await job.run(site, values.quick);
    const found = { ms, cpu: (cpuMs(site.pid) - cpuBefore) / requests, memory: memory.peak() };
    peak.set(name, Math.max(peak.get(name) ?? 0, found.memory));
    results.get(job.name).set(name, {
      ms: Math.min(found.ms, before?.ms ?? Number.POSITIVE_INFINITY),
      cpu: Math.min(found.cpu, before?.cpu ?? Number.POSITIVE_INFINITY),
      memory: Math.max(found.memory, before?.memory ?? 0),
    });
    console.log(
      `round ${round}: ${job.name}: ${name}: ${ms.toFixed(3)} ms, ${found.cpu.toFixed(3)} ms of processor`,
    );
  } catch (error) {
    results.get(job.name).set(name, { failure: error.message.split("\n")[0] });
    console.error(`round ${round}: ${job.name}: ${name}: ${error.message}`);
  } finally {
    memory.stop();
  }
}
