/** The shipped command, killed in the middle of COPY, MOVE and DELETE of 5,000 documents, and started again. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KillableServer, startKillable } from "./killable-server.ts";
import { pseudoRandom, seed } from "./random.ts";
import { soak } from "./soak.ts";
import { makeTree } from "./tree.ts";

const kills = soak ? 200 : 1;
const documents = 5_000;

let place: string;
let folder: string;
let state: string;
let mounted = false;
let server: KillableServer;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "meanwhile-kill-"));
  folder = join(place, "folder");
  state = join(place, "state");
  makeTree(join(folder, "tree"), documents);
  mkdirSync(join(folder, "mount"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256m", "meanwhile-test", join(folder, "mount")], {
      stdio: "pipe",
    });
    mounted = true;
  } catch {
    // Without the right to mount, a MOVE is a rename: too short to be killed in, and checked all the same.
  }
  server = await startKillable({ folder, state });
  for (const path of ["tree", "tree/c0007", "tree/c0007/d707.txt"]) expect(await mark(path)).toBe(207);
});
afterAll(async () => {
  await server?.kill();
  if (mounted) execFileSync("umount", ["-l", join(folder, "mount")]);
  await rm(place, { recursive: true, force: true });
});

async function mark(path: string): Promise<number> {
  const body = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:example">${path.slice(4)}</x></D:prop></D:set></D:propertyupdate>`;
  return (await fetch(server.url + path, { method: "PROPPATCH", body })).status;
}

async function marks(path: string): Promise<string | undefined> {
  const body = `<D:propfind xmlns:D="DAV:"><D:prop><x xmlns="urn:example"/></D:prop></D:propfind>`;
  const response = await fetch(server.url + path, { method: "PROPFIND", headers: { Depth: "0" }, body });
  const [, value] = /<x xmlns="urn:example">([^<]*)<\/x>/.exec(await response.text()) ?? [];
  return value;
}

function hidden(): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.includes(".meanwhile-") && name !== ".meanwhile-root~",
  );
}

/** Resolves in the middle of a COPY. */
async function underWay(): Promise<void> {
  await expect.poll(() => hidden().length, { interval: 5, timeout: 30_000 }).toBeGreaterThan(100);
}

/** Inode and time of change of what is copied already and whole, by its path below the copy. */
function copied(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of hidden()) {
    const [, member] = /-staged~\/(c\d+\/d\d+\.txt)$/.exec(name) ?? [];
    if (member === undefined) continue;
    // The time of modification is copied last: what the kill met in its middle has another, and is copied anew.
    const source = lstatSync(join(folder, "tree", member), { throwIfNoEntry: false });
    const there = lstatSync(join(folder, name));
    if (source === undefined || Math.abs(source.mtimeMs - there.mtimeMs) < 0.01)
      found.set(member, identity(join(folder, name)));
  }
  return found;
}

function identity(path: string): string {
  const { ino, ctimeNs } = lstatSync(path, { bigint: true });
  return `${ino} ${ctimeNs}`;
}

interface Step {
  readonly method: "COPY" | "MOVE" | "DELETE";
  readonly from: string;
  readonly to?: string;
  readonly status: number;
}

const steps: readonly Step[] = [
  { method: "COPY", from: "tree", to: "copy", status: 201 },
  { method: "MOVE", from: "copy", to: "mount/copy", status: 201 },
  { method: "DELETE", from: "mount/copy", status: 204 },
];

const ways = ["with a key", "without a key", "by the status document"] as const;
type Way = (typeof ways)[number];
const durabilities = ["full", "content", "none"] as const;

function send(step: Step, key: string | undefined, more: Record<string, string> = {}): Promise<Response> {
  const headers: Record<string, string> = { ...more };
  if (step.to !== undefined) Object.assign(headers, { Destination: server.url + step.to, Overwrite: "F" });
  if (key !== undefined) headers["Idempotency-Key"] = `"${key}"`;
  return fetch(server.url + step.from, { method: step.method, headers });
}

/** Comes back after the restart. @returns the status of the final response */
async function comeBack(
  step: Step,
  way: Way,
  key: string | undefined,
  status: string | undefined,
): Promise<number> {
  if (way !== "by the status document" || status === undefined) return (await send(step, key)).status;
  await expect.poll(hidden, { timeout: 60_000, interval: 50 }).toEqual([]);
  for (;;) {
    const response = await fetch(new URL(new URL(status).pathname, server.url), {
      headers: { Accept: "application/json" },
    });
    const document = (await response.json()) as { readonly outcome?: string | { readonly status?: number } };
    if (document.outcome === undefined || document.outcome === null) {
      await delay(20);
      continue;
    }
    if (typeof document.outcome === "object" && document.outcome.status !== undefined)
      return document.outcome.status;
    const link = typeof document.outcome === "string" ? document.outcome : `${status}/outcome`;
    return (await fetch(new URL(new URL(link, status).pathname, server.url))).status;
  }
}

function checkCopy(path: string, before: ReadonlyMap<string, string>): void {
  let count = 0;
  for (const collection of readdirSync(join(folder, path))) {
    for (const name of readdirSync(join(folder, path, collection))) {
      count += 1;
      const content = readFileSync(join(folder, path, collection, name), "utf8");
      if (content !== `document ${name.slice(1, -4)}\n`)
        throw new Error(`${collection}/${name} holds ${content}`);
    }
  }
  expect(count).toBe(documents);
  for (const [member, was] of before) expect(identity(join(folder, path, member)), member).toBe(was);
}

test(
  `${kills} kills: each operation ends once, whole, and its client gets one outcome (seed ${seed})`,
  async () => {
    const next = pseudoRandom(seed);
    let interrupted = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const step = steps[kill % steps.length] as Step;
      const way = ways[Math.floor(next() * ways.length)] as Way;
      const context = `kill ${kill}, ${step.method} ${way}, seed ${seed}`;
      const key = way === "with a key" ? randomUUID() : undefined;
      const first = send(
        step,
        key,
        way === "by the status document" ? { Prefer: "respond-async, wait=0" } : {},
      );
      const told = first.then(
        (response) => (response.status === 202 ? (response.headers.get("Location") ?? undefined) : undefined),
        () => undefined,
      );
      if (soak) await delay(next() * (step.method === "DELETE" ? 250 : 900));
      else await underWay();
      await server.kill();
      const status = await told;
      const before = copied();
      // What was answered survives the end of the process in every mode.
      const args = ["--durability", durabilities[kill % durabilities.length] ?? "full"];
      server = await startKillable({ folder, state }, { port: server.port, args });
      const answer = await comeBack(step, way, key, status);
      if (
        await first.then(
          (response) => response.status === step.status,
          () => false,
        )
      ) {
        // It had its final response before the kill: repeated without a key, it is another request.
        expect([step.status, 404, 412], context).toContain(answer);
      } else {
        interrupted += 1;
        expect(answer, context).toBe(step.status);
      }
      expect(hidden(), context).toEqual([]);
      if (step.to !== undefined) {
        checkCopy(step.to, before);
        expect(await marks(`${step.to}/c0007/d707.txt`), context).toBe("/c0007/d707.txt");
        expect(await marks(step.to), context).toBe("");
      }
      expect(existsSync(join(folder, step.from)), context).toBe(step.method === "COPY");
    }
    expect(interrupted).toBeGreaterThan(kills / 4);
  },
  soak ? 3_600_000 : 240_000,
);

test("SIGTERM in a COPY with a short drain: 503 with Location, and after the restart the repetition gets 201", async () => {
  await rm(join(folder, "copy"), { recursive: true, force: true });
  await server.terminate();
  server = await startKillable({ folder, state }, { port: server.port, args: ["--drain", "10ms"] });
  const key = randomUUID();
  const copy: Step = { method: "COPY", from: "tree", to: "copy", status: 201 };
  const waiting = send(copy, key);
  await underWay();
  expect(await server.terminate()).toBe(0);
  const told = await waiting;
  expect(told.status).toBe(503);
  expect(told.headers.get("Location")).not.toBeNull();
  expect(told.headers.get("Retry-After")).not.toBeNull();
  const before = copied();
  expect(before.size).toBeGreaterThan(0);
  server = await startKillable({ folder, state }, { port: server.port });
  expect((await send(copy, key)).status).toBe(201);
  checkCopy("copy", before);
  expect(hidden()).toEqual([]);
}, 120_000);
