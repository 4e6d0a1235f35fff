import { once } from "node:events";
import { utimesSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler } from "@meanwhile/server";
import { createMemoryLockStore, createMemoryTree } from "@meanwhile/server/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { cuttingHop, pseudoRandom } from "../../../client/src/testing/cutting-hop.ts";
import { plainClient, returningClient } from "../../../client/src/testing/plain-client.ts";
import { type TestFolder, testFolder } from "../testing/test-folder.ts";
import { downloadFolder } from "./download-folder.ts";
import { FolderError, type FolderSummary, type FolderWork } from "./folder-work.ts";
import { syncFolder } from "./sync-folder.ts";
import { uploadFolder } from "./upload-folder.ts";

interface Running {
  readonly port: number;
  /** How often the content of each path was put in place, whoever heard of it. */
  readonly puts: ReadonlyMap<string, number>;
}

async function run(): Promise<Running> {
  const puts = new Map<string, number>();
  const tree = createMemoryTree();
  const draft = tree.draft.bind(tree);
  tree.draft = async (path, options) => {
    const begun = await draft(path, options);
    return {
      write: (chunk) => begun.write(chunk),
      discard: () => begun.discard(),
      async commit(facts) {
        const committed = await begun.commit(facts);
        puts.set(path, (puts.get(path) ?? 0) + 1);
        return committed;
      },
    };
  };
  const handler = createDavHandler({
    tree,
    locks: createMemoryLockStore({ clock: Date.now }),
    operations: createOperations(),
    authenticate: () => ({ kind: "anonymous" }),
  });
  const server = createServer(handler);
  server.on("checkContinue", handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await handler.close();
  });
  return { port: (server.address() as AddressInfo).port, puts };
}

/** Documents of all lengths, some with names that need care, and empty collections. */
function fill(local: TestFolder, random: () => number): void {
  const names = ["plain.txt", "100% sure?.txt", "a#b;c", "é – ü", "back\\slash", "%2e%2e"];
  const lengths = [0, 1, 100, 5000, 70_000, 300_000];
  for (const collection of ["", "d/", "d/deep/", "e f/"]) {
    for (const name of names) {
      const length = lengths[Math.floor(random() * lengths.length)] ?? 0;
      local.write(`${collection}${name}`, "0123456789".repeat(length / 10 + 1).slice(0, length));
    }
  }
  local.mkdir("nothing/within");
  utimesSync(local.folder, 1, 1);
}

/** Again and again, as people do, until it goes well. */
async function untilWell(
  start: () => FolderWork,
): Promise<{ readonly summary: FolderSummary; readonly runs: number }> {
  for (let runs = 1; ; runs += 1) {
    try {
      return { summary: await start().outcome, runs };
    } catch (error) {
      const mayGoWell =
        error instanceof FolderError || (error instanceof Error && /lost|unknown/.test(error.message));
      if (!mayGoWell || runs === 50) throw error;
    }
  }
}

describe("against the real handler", () => {
  test("a folder goes up, comes down, and is the same", async () => {
    const { port, puts } = await run();
    const client = plainClient(`http://127.0.0.1:${port}/`);
    const here = testFolder();
    const there = testFolder();
    fill(here, pseudoRandom(1));
    const up = await uploadFolder(client, here.folder, "shared", here).outcome;
    expect(up).toMatchObject({ transferred: 24, failures: 0 });
    const down = await downloadFolder(client, "shared", there.folder, there).outcome;
    expect(down).toMatchObject({ transferred: 24, failures: 0 });
    expect(there.contents()).toEqual(here.contents());
    expect([...puts.values()]).toEqual(Array.from({ length: 24 }, () => 1));
    const again = await syncFolder(client, there.folder, "shared", {
      ...there,
      direction: "down",
      delete: true,
    }).outcome;
    expect(again).toMatchObject({ transferred: 0, skipped: 24, deleted: 0 });
    await client.close();
  });

  test("sync deletes and replaces at the server as it does here", async () => {
    const { port } = await run();
    const client = plainClient(`http://127.0.0.1:${port}/`);
    const here = testFolder();
    const there = testFolder();
    fill(here, pseudoRandom(2));
    await syncFolder(client, here.folder, "", { ...here, direction: "up" }).outcome;
    fill(there, pseudoRandom(3));
    there.write("only/here", "x");
    const up = { ...there, direction: "up", delete: true } as const;
    await syncFolder(client, there.folder, "", up).outcome;
    const down = { ...here, direction: "down", delete: true, force: true } as const;
    await syncFolder(client, here.folder, "", down).outcome;
    expect(here.contents()).toEqual(there.contents());
    await client.close();
  });

  const clients = { plainClient, returningClient };
  test.each([
    ...[1, 2, 3].map((seed) => ["plainClient", seed] as const),
    ...[4, 5, 6].map((seed) => ["returningClient", seed] as const),
  ])(
    "connections of a %s cut at random (%i): up and down end right, nothing goes up twice",
    async (kind, seed) => {
      const { port, puts } = await run();
      const random = pseudoRandom(seed * 7919);
      const here = testFolder();
      const there = testFolder();
      fill(here, random);
      const hop = await cuttingHop(port, (cuts) => (cuts < 10 ? Math.ceil(random() * 40_000) : undefined));
      const client = clients[kind](`http://127.0.0.1:${hop.port}/`);
      const up = await untilWell(() => uploadFolder(client, here.folder, "shared", here));
      const down = await untilWell(() => downloadFolder(client, "shared", there.folder, there));
      expect(there.contents()).toEqual(here.contents());
      expect(hop.cuts).toBeGreaterThanOrEqual(10);
      expect(puts.size).toBe(24);
      expect([...puts].filter(([, times]) => times !== 1)).toEqual([]);
      expect(up.summary.failures + down.summary.failures).toBe(0);
      await client.close();
      await hop.close();
    },
  );
});
