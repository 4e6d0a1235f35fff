/** Connections to the shipped server that are cut at random places: all ends right, and nothing is done twice. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DavClient } from "@meanwhile/client";
import { syncFolder } from "@meanwhile/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cut, type CuttingProxy, startCuttingProxy } from "../cutting-proxy.ts";
import { pseudoRandom, seed } from "../random.ts";
import { type Server, startServer } from "../server.ts";
import { makeTree, snapshot } from "../tree.ts";
import { type CommandUser, commandUser } from "./command.ts";
import { connect } from "./sites.ts";

const rounds = 100;
const commandRounds = 20;
const atATime = 5;
const documents = 300;
const contentBytes = 1_000_000;

const content = new Uint8Array(contentBytes);
for (let index = 0, next = pseudoRandom(1); index < contentBytes; index += 1) content[index] = next() * 256;

let server: Server;
let ann: CommandUser;
beforeAll(async () => {
  const pacing = ["--processing-after", "10ms", "--processing-every", "10ms"];
  server = await startServer({ args: ["--front", "none", "--log-level", "info", ...pacing] });
  ann = commandUser();
  makeTree(join(server.folder, "tree"), documents);
  writeFileSync(join(server.folder, "content.bin"), content);
  for (let index = 0; index < 12; index += 1) {
    const collection = join(ann.home, "local", `c${index % 3}`);
    mkdirSync(collection, { recursive: true });
    writeFileSync(join(collection, `d${index}.bin`), content.subarray(0, index * 20_000));
  }
});
afterAll(async () => {
  ann?.leave();
  await server?.stop();
});

interface Logged {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly operation?: string;
}

/** How many operations did what was asked, whoever heard of it. The server's log may come a little later than its answer. */
async function expectSuccesses(
  method: string,
  target: string,
  count: number,
  context: string,
): Promise<void> {
  await expect
    .poll(() => successes(method, target).length, { message: context })
    .toBeGreaterThanOrEqual(count);
  expect(successes(method, target), `${target}, ${context}`).toHaveLength(count);
}

function successes(method: string, target: string): readonly (string | undefined)[] {
  const entries = server
    .log()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Logged)
    .filter((entry) => entry.method === method && entry.target === target)
    .filter(({ status }) => status < 300);
  return [...new Set(entries.map(({ operation }) => operation))];
}

/** Sizes of what goes each way, and how long it takes: cuts fall within. */
interface Extent {
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly ms: number;
}

function someCut(next: () => number, { requestBytes, responseBytes, ms }: Extent): Cut {
  const kind = Math.floor(next() * 3);
  const at = next();
  if (kind === 0) return { afterRequestBytes: 1 + Math.floor(at * requestBytes) };
  if (kind === 1) return { afterResponseBytes: 1 + Math.floor(at * responseBytes) };
  return { afterMs: at * ms };
}

interface Round {
  readonly proxy: CuttingProxy;
  readonly name: string;
  /** Says how to have the same again. */
  readonly context: string;
}

/** Each round with a proxy of its own, whose first connections, up to `most`, are cut; some rounds at the same time. */
async function inRounds(
  count: number,
  extent: Extent,
  most: number,
  work: (round: Round) => Promise<void>,
): Promise<number> {
  let cuts = 0;
  let round = 0;
  const one = async (): Promise<void> => {
    while (round < count) {
      round += 1;
      const name = `r${round}`;
      const next = pseudoRandom(seed * 1000 + round);
      const planned = Array.from({ length: 1 + Math.floor(next() * most) }, () => someCut(next, extent));
      const proxy = await startCuttingProxy(server.port);
      proxy.cut(planned);
      const context = `${name}, seed ${seed}, ${JSON.stringify(planned)}`;
      try {
        await work({ proxy, name, context });
        cuts += proxy.cuts;
      } catch (cause) {
        throw new Error(`${context}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      } finally {
        await proxy.stop();
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, one));
  return cuts;
}

async function withClient(
  { proxy, ...round }: Round,
  work: (dav: DavClient, round: Omit<Round, "proxy">) => Promise<void>,
): Promise<void> {
  const dav = connect(proxy.url);
  try {
    await work(dav, round);
  } finally {
    await dav.close();
  }
}

const timeoutMs = 1_800_000;

describe(`connections cut at random (seed ${seed})`, () => {
  const copying: Extent = { requestBytes: 400, responseBytes: 2000, ms: 150 };
  const putting: Extent = { requestBytes: contentBytes, responseBytes: 400, ms: 100 };
  const getting: Extent = { requestBytes: 300, responseBytes: contentBytes, ms: 50 };
  const syncing: Extent = { requestBytes: 500_000, responseBytes: 4000, ms: 300 };
  const pulling: Extent = { requestBytes: 2000, responseBytes: 500_000, ms: 300 };

  test(
    `COPY, ${rounds} times: the copy is whole, and was made once`,
    async () => {
      const cuts = await inRounds(rounds, copying, 2, (round) =>
        withClient(round, async (dav, { name, context }) => {
          // Made twice, it would be refused.
          const done = await dav.copy("tree/", `copy-${name}/`, { overwrite: false }).outcome;
          expect(done.status, context).toBe(201);
          expect(snapshot(join(server.folder, `copy-${name}`))).toEqual(
            snapshot(join(server.folder, "tree")),
          );
        }),
      );
      expect(cuts).toBeGreaterThan(rounds / 3);
      // One operation for each of the copies.
      await expectSuccesses("COPY", "/tree/", rounds, "all");
    },
    timeoutMs,
  );

  test(
    `PUT, ${rounds} times: the content is whole, and was put once`,
    async () => {
      const cuts = await inRounds(rounds, putting, 2, (round) =>
        withClient(round, async (dav, { name, context }) => {
          const done = await dav.put(`put-${name}.bin`, content, { ifNoneMatch: "*" }).outcome;
          expect(done.status, context).toBe(201);
          const put = readFileSync(join(server.folder, `put-${name}.bin`));
          expect(Buffer.compare(put, content), context).toBe(0);
          await expectSuccesses("PUT", `/put-${name}.bin`, 1, context);
        }),
      );
      expect(cuts).toBeGreaterThan(rounds / 3);
    },
    timeoutMs,
  );

  test(
    `GET, ${rounds} times: the content is whole`,
    async () => {
      const cuts = await inRounds(rounds, getting, 2, (round) =>
        withClient(round, async (dav, { context }) => {
          const { content: stream } = await dav.get("content.bin");
          const got = new Uint8Array(await new Response(stream).arrayBuffer());
          expect(Buffer.compare(got, content), context).toBe(0);
        }),
      );
      expect(cuts).toBeGreaterThan(rounds / 3);
    },
    timeoutMs,
  );

  test(
    `sync up, ${rounds} times: the collection is like the folder, and each document was put once`,
    async () => {
      const local = join(ann.home, "local");
      const cuts = await inRounds(rounds, syncing, 3, (round) =>
        withClient(round, async (dav, { name, context }) => {
          const options = { direction: "up", stateDirectory: false } as const;
          const { failures } = await syncFolder(dav, local, `up-${name}/`, options).outcome;
          expect(failures, context).toBe(0);
          expect(snapshot(join(server.folder, `up-${name}`)), context).toEqual(snapshot(local));
          for (let index = 0; index < 12; index += 1) {
            await expectSuccesses("PUT", `/up-${name}/c${index % 3}/d${index}.bin`, 1, context);
          }
        }),
      );
      expect(cuts).toBeGreaterThan(rounds / 3);
    },
    timeoutMs,
  );

  test(
    `sync down, ${rounds} times: the folder is like the collection`,
    async () => {
      await connect(server.url).mkdir("source/");
      await syncFolder(connect(server.url), join(ann.home, "local"), "source/", {
        direction: "up",
        stateDirectory: false,
      }).outcome;
      const cuts = await inRounds(rounds, pulling, 3, (round) =>
        withClient(round, async (dav, { name, context }) => {
          const down = join(ann.home, `down-${name}`);
          const options = { direction: "down", stateDirectory: false } as const;
          const { failures } = await syncFolder(dav, down, "source/", options).outcome;
          expect(failures, context).toBe(0);
          expect(snapshot(down), context).toEqual(snapshot(join(ann.home, "local")));
        }),
      );
      expect(cuts).toBeGreaterThan(rounds / 3);
    },
    timeoutMs,
  );

  test(
    `the commands, ${commandRounds} times each: cp, put, get and sync end well`,
    async () => {
      const file = join(ann.home, "content.bin");
      writeFileSync(file, content);
      await inRounds(commandRounds, copying, 2, async ({ proxy, name }) => {
        await ann.well("cp", "--no-overwrite", `${proxy.url}tree/`, `${proxy.url}cp-${name}/`);
        expect(snapshot(join(server.folder, `cp-${name}`))).toEqual(snapshot(join(server.folder, "tree")));
      });
      await inRounds(commandRounds, putting, 2, async ({ proxy, name }) => {
        await ann.well("put", "--no-overwrite", file, `${proxy.url}put-by-command-${name}.bin`);
        const put = readFileSync(join(server.folder, `put-by-command-${name}.bin`));
        expect(Buffer.compare(put, content)).toBe(0);
      });
      await inRounds(commandRounds, getting, 2, async ({ proxy, name }) => {
        await ann.well("get", `${proxy.url}content.bin`, `got-${name}.bin`);
        expect(Buffer.compare(readFileSync(join(ann.home, `got-${name}.bin`)), content)).toBe(0);
      });
      await inRounds(commandRounds, syncing, 3, async ({ proxy, name }) => {
        await ann.well("sync", "local", `${proxy.url}synced-${name}/`);
        expect(snapshot(join(server.folder, `synced-${name}`))).toEqual(snapshot(join(ann.home, "local")));
      });
    },
    timeoutMs,
  );
});
