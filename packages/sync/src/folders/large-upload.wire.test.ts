/** Large documents of a folder, to a server that keeps uploads: through cuts, over two runs, and changed in between. */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createClient, type DavClient } from "@meanwhile/client";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler } from "@meanwhile/server";
import { createMemoryLockStore, createMemoryTree, createMemoryUploadStore } from "@meanwhile/server/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { type CuttingHop, cuttingHop, pseudoRandom } from "../../../client/src/testing/cutting-hop.ts";
import { uploadDocument } from "../documents/upload-document.ts";
import { type TestFolder, testFolder } from "../testing/test-folder.ts";
import type { FolderOptions, SyncOptions } from "./folder-options.ts";
import { syncFolder } from "./sync-folder.ts";
import { uploadFolder } from "./upload-folder.ts";

const mebibyte = 1024 * 1024;
const large = 5 * mebibyte;

/** Cuts in the middle of the first large document; whoever comes back then is told to leave. */
function cutOnce(stop: AbortController): (cuts: number) => number | undefined {
  return (cuts) => {
    if (cuts === 0) return 3 * mebibyte;
    stop.abort(new Error("left"));
    return undefined;
  };
}

interface Running {
  readonly hop: CuttingHop;
  /** Method and status of what was answered, without listings. */
  readonly asked: string[];
  client(): DavClient;
}

async function run(cutAfter: (cuts: number) => number | undefined): Promise<Running> {
  const asked: string[] = [];
  const handler = createDavHandler({
    tree: createMemoryTree(),
    locks: createMemoryLockStore({ clock: Date.now }),
    operations: createOperations(),
    uploads: createMemoryUploadStore(),
    authenticate: () => ({ kind: "anonymous" }),
    log: ({ method, status }) => asked.push(`${method} ${status}`),
  });
  const server = createServer(handler).on("checkContinue", handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const hop = await cuttingHop((server.address() as AddressInfo).port, cutAfter);
  onTestFinished(async () => {
    await hop.close();
    server.closeAllConnections();
    server.close();
    await handler.close();
  });
  return {
    hop,
    asked,
    client() {
      const client = createClient(`http://127.0.0.1:${hop.port}/`, {
        environment: {},
        surroundings: {
          now: () => performance.now(),
          // Nobody waits before coming back.
          sleep: () => new Promise((resolve) => setImmediate(resolve)),
          random: Math.random,
          newKey: () => crypto.randomUUID(),
        },
      });
      onTestFinished(() => client.close());
      return client;
    },
  };
}

/** Bytes of which no two pieces are alike. */
function bytesOf(length: number, seed: number): Buffer {
  const random = pseudoRandom(seed);
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random() * 2 ** 32);
  return Buffer.from(words.buffer, 0, length);
}

/** What is kept between runs is kept beside the folder. */
function optionsOf({ stateDirectory, around }: TestFolder): FolderOptions {
  const env = { XDG_STATE_HOME: join(around, "home") };
  return { stateDirectory, surroundings: { env, platform: "linux" }, concurrency: 2 };
}

function remembered({ around }: TestFolder): readonly string[] {
  return readdirSync(join(around, "home", "meanwhile", "uploads"));
}

async function contentAt(client: DavClient, place: string): Promise<Buffer> {
  const { content } = await client.get(place);
  return Buffer.from(await new Response(content).arrayBuffer());
}

const kinds = {
  "put -r": (client: DavClient, { folder }: TestFolder, options: FolderOptions) =>
    uploadFolder(client, folder, "shared", options),
  sync: (client: DavClient, { folder }: TestFolder, options: FolderOptions) =>
    syncFolder(client, folder, "shared", { ...options, direction: "up" } satisfies SyncOptions),
};

describe.each(Object.entries(kinds))("%s", (_kind, start) => {
  test("through cut connections everything arrives as it is, and nothing is remembered any more", async () => {
    const seed = Math.ceil(Math.random() * 2 ** 31);
    const random = pseudoRandom(seed);
    const cut = (): number => Math.ceil(100_000 + random() * 2 * mebibyte);
    const { hop, client } = await run((cuts) => (cuts < 4 ? cut() : undefined));
    const here = testFolder();
    const contents = new Map([
      ["one.bin", bytesOf(large, seed)],
      ["d/two.bin", bytesOf(large + 1, seed + 1)],
      ["d/small.txt", Buffer.from("small")],
    ]);
    for (const [path, content] of contents) here.write(path, content);
    const dav = client();
    await dav.mkdir("shared");
    const summary = await start(dav, here, optionsOf(here)).outcome;
    expect(summary, `seed ${seed}`).toMatchObject({ transferred: 3, failures: 0 });
    expect(hop.cuts, `seed ${seed}`).toBeGreaterThan(2);
    for (const [path, content] of contents) {
      expect((await contentAt(dav, `shared/${path}`)).equals(content), `seed ${seed}, ${path}`).toBe(true);
    }
    expect(remembered(here)).toEqual([]);
    expect(await start(dav, here, optionsOf(here)).outcome).toMatchObject({ transferred: 0, skipped: 3 });
  });

  test.each(["as it was", "another content"])(
    "left in its middle, the next run goes on if the document is %s",
    async (becomes) => {
      const stop = new AbortController();
      const { asked, client } = await run(cutOnce(stop));
      const here = testFolder();
      here.write("one.bin", bytesOf(large, 1));
      const dav = client();
      await dav.mkdir("shared");
      const work = start(dav, here, { ...optionsOf(here), signal: stop.signal });
      await expect(work.outcome).rejects.toThrow("left");
      await dav.close();
      expect(remembered(here)).toHaveLength(1);
      const changes = becomes !== "as it was";
      const content = bytesOf(large, changes ? 2 : 1);
      if (changes) here.write("one.bin", content, new Date(1_000_000_000_000));
      asked.length = 0;
      const later = client();
      expect(await start(later, here, optionsOf(here)).outcome).toMatchObject({ transferred: 1 });
      expect((await contentAt(later, "shared/one.bin")).equals(content)).toBe(true);
      expect(asked.filter((line) => line.startsWith("PUT"))).toEqual(changes ? ["PUT 201"] : []);
      expect(remembered(here)).toEqual([]);
    },
  );
});

test("one document goes on in the next run, too", async () => {
  const stop = new AbortController();
  const { client, asked } = await run(cutOnce(stop));
  const here = testFolder();
  const content = bytesOf(large, 3);
  here.write("one.bin", content);
  const { surroundings = {} } = optionsOf(here);
  const put = (dav: DavClient, signal?: AbortSignal) =>
    uploadDocument(dav, join(here.folder, "one.bin"), "one.bin", {
      surroundings,
      ...(signal === undefined ? {} : { signal }),
    });
  const first = put(client(), stop.signal);
  await expect(first.outcome).rejects.toThrow("left");
  asked.length = 0;
  const dav = client();
  const second = put(dav);
  let resumedAt = 0;
  for await (const progress of second.progress) resumedAt = progress.resumedAt ?? 0;
  await second.outcome;
  expect(resumedAt).toBeGreaterThan(0);
  expect(resumedAt).toBeLessThan(large);
  expect(asked.filter((line) => line.startsWith("PUT"))).toEqual([]);
  expect((await contentAt(dav, "one.bin")).equals(content)).toBe(true);
});

test("where nothing can be remembered, uploads go well all the same", async () => {
  const { client } = await run(() => undefined);
  const here = testFolder();
  const content = bytesOf(large, 4);
  here.write("one.bin", content);
  // A document is where the directory would be.
  const surroundings = { env: { XDG_STATE_HOME: join(here.folder, "one.bin") }, platform: "linux" } as const;
  const dav = client();
  await uploadDocument(dav, join(here.folder, "one.bin"), "one.bin", { surroundings }).outcome;
  expect((await contentAt(dav, "one.bin")).equals(content)).toBe(true);
});

test("a document that nobody waits for any more rejects with that, and a folder is none", async () => {
  const { client } = await run(() => undefined);
  const here = testFolder();
  here.write("one.bin", bytesOf(large, 5));
  const { surroundings = {} } = optionsOf(here);
  const dav = client();
  const file = join(here.folder, "one.bin");
  const left = uploadDocument(dav, file, "left.bin", { surroundings });
  left.detach();
  await expect(left.outcome).rejects.toThrow("no longer waited for");
  const cancelled = uploadDocument(dav, file, "cancelled.bin", { surroundings });
  expect(cancelled.url).toBeUndefined();
  await Promise.all([expect(cancelled.outcome).rejects.toThrow("cancelled"), cancelled.cancel()]);
  expect(await dav.exists("cancelled.bin")).toBe(false);
  expect(() => uploadDocument(dav, here.folder, "folder")).toThrow("is no plain file");
});
