/** The shipped server, killed in the middle of what a client waits for, and started again: all ends right. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LongRequest, RepeatableContent } from "@meanwhile/client";
import { syncFolder } from "@meanwhile/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type KillableServer, startKillable } from "../killable-server.ts";
import { pseudoRandom, seed } from "../random.ts";
import { makeTree, snapshot } from "../tree.ts";
import { type CommandUser, commandUser } from "./command.ts";
import { connect } from "./sites.ts";

const kills = 20;
const documents = 2000;
const pieces = 60;
const piece = new Uint8Array(100_000).fill(7);

let place: string;
let folder: string;
let state: string;
let server: KillableServer;
let ann: CommandUser;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "meanwhile-kills-"));
  folder = join(place, "folder");
  state = join(place, "state");
  makeTree(join(folder, "tree"), documents);
  ann = commandUser();
  makeTree(join(ann.home, "local"), 150);
  mkdirSync(join(ann.home, "up"));
  for (let index = 0; index < 4; index += 1) {
    writeFileSync(join(ann.home, "up", `large ${index}.bin`), Buffer.alloc(8_000_000, String(index)));
  }
  server = await start(0);
});
afterAll(async () => {
  await server?.kill();
  ann?.leave();
  await rm(place, { recursive: true, force: true });
});

function start(port: number): Promise<KillableServer> {
  const pacing = ["--processing-after", "10ms", "--processing-every", "10ms"];
  return startKillable({ folder, state }, { port, args: ["--front", "none", ...pacing] });
}

async function killAndStart(): Promise<void> {
  await server.kill();
  server = await start(server.port);
}

/** Waits until something is to be seen in the served folder. */
async function untilSeen(what: (name: string) => boolean): Promise<void> {
  const seen = (): boolean => readdirSync(folder, { recursive: true, encoding: "utf8" }).some(what);
  await expect.poll(seen, { interval: 5, timeout: 30_000 }).toBe(true);
}

/** Kills once the stage has come so far, as part of all of it. */
async function killAt<Outcome>(
  work: LongRequest<Outcome>,
  stage: "sending" | "processing",
  share: number,
  all: number,
): Promise<boolean> {
  for await (const progress of work.progress) {
    if (progress.stage === stage && progress.done >= share * all) {
      await killAndStart();
      return true;
    }
  }
  return false;
}

/** The content of a PUT, which does not come at once. */
const content: RepeatableContent = {
  length: pieces * piece.length,
  async *open(from) {
    for (let at = from; at < pieces * piece.length; at += piece.length) {
      yield piece;
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
};

const timeoutMs = 1_800_000;

describe(`the server is killed and started again (seed ${seed})`, () => {
  const next = pseudoRandom(seed);

  test(
    `in the middle of COPY, ${kills} times: the copy is whole, and was made once`,
    async () => {
      let killed = 0;
      // A copy may be done before it told of the place where it was to be killed: the next is killed earlier.
      for (let round = 1, latest = 0.9; killed < kills; round += 1) {
        const dav = connect(server.url);
        // Made twice, it would be refused.
        const copy = dav.copy("tree/", `copy-${round}/`, { overwrite: false });
        if (await killAt(copy, "processing", next() * latest, documents)) {
          killed += 1;
          latest = 0.9;
        } else latest /= 2;
        expect(latest).toBeGreaterThan(0.001);
        expect((await copy.outcome).status).toBe(201);
        expect(snapshot(join(folder, `copy-${round}`))).toEqual(snapshot(join(folder, "tree")));
        await dav.close();
      }
    },
    timeoutMs,
  );

  test(
    `in the middle of PUT, ${kills} times: the content is whole, and was put once`,
    async () => {
      for (let round = 1; round <= kills; round += 1) {
        const dav = connect(server.url);
        const put = dav.put(`put-${round}.bin`, content, { ifNoneMatch: "*" });
        expect(await killAt(put, "sending", next() * 0.9, content.length ?? 0)).toBe(true);
        expect((await put.outcome).status).toBe(201);
        const there = readFileSync(join(folder, `put-${round}.bin`));
        expect(there.length).toBe(content.length);
        expect(there.every((byte) => byte === 7)).toBe(true);
        await dav.close();
      }
    },
    timeoutMs,
  );

  test(
    `in the middle of sync, ${kills} times: the collection is like the folder`,
    async () => {
      const local = join(ann.home, "local");
      for (let round = 1; round <= kills; round += 1) {
        const dav = connect(server.url);
        const options = { direction: "up", stateDirectory: false } as const;
        const work = syncFolder(dav, local, `synced-${round}/`, options);
        const share = next() * 0.9;
        let killed = false;
        for await (const { stage, documents: counted } of work.progress) {
          if (killed || stage !== "transferring" || counted.done < share * (counted.total ?? 150)) continue;
          killed = true;
          await killAndStart();
        }
        expect((await work.outcome).failures).toBe(0);
        expect(killed).toBe(true);
        expect(snapshot(join(folder, `synced-${round}`))).toEqual(snapshot(local));
        await dav.close();
      }
    },
    timeoutMs,
  );

  test(
    "while the commands wait: cp and sync end well all the same",
    async () => {
      const copying = ann.well("cp", "--no-overwrite", `${server.url}tree/`, `${server.url}by-command/`);
      // What is copied is not at its place yet.
      await untilSeen((name) => name.includes(".meanwhile-") && name.endsWith(".txt"));
      await killAndStart();
      expect(await copying).toContain("copied /tree/ to /by-command/");
      expect(snapshot(join(folder, "by-command"))).toEqual(snapshot(join(folder, "tree")));

      const syncing = ann.well("sync", "up", `${server.url}large/`);
      await untilSeen((name) => name.startsWith("large/"));
      await killAndStart();
      await syncing;
      expect(snapshot(join(folder, "large"))).toEqual(snapshot(join(ann.home, "up")));
    },
    timeoutMs,
  );
});
