import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type DavClient } from "@meanwhile/client";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler } from "@meanwhile/server";
import { createMemoryLockStore, createMemoryTree } from "@meanwhile/server/testing";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import {
  copyWithBar,
  deleteAndTell,
  editUnderLock,
  largestBelow,
  mirror,
  orderReport,
  seeInterims,
} from "./client.ts";
import { reportsApp } from "./reports.ts";

let url = "";
let dav: DavClient;

beforeEach(async () => {
  const handler = createDavHandler({
    tree: createMemoryTree(),
    locks: createMemoryLockStore({ clock: Date.now }),
    operations: createOperations(),
  });
  url = await start(createServer(handler));
  dav = createClient(url);
  await dav.mkdir("2025/");
  await dav.put("2025/january.txt", "snow").outcome;
  await dav.put("notes.txt", "ring ann").outcome;
});

async function start(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const named = async (place: string) => {
  const names: string[] = [];
  for await (const { path } of dav.list(place, { depth: "infinity" })) names.push(path);
  return names.sort();
};

test("a collection is copied, with news for the bar", async () => {
  await dav.mkdir("archive/");
  const told: unknown[] = [];
  const bar = { update: (done: number, total: number | undefined) => void told.push([done, total]) };
  expect(await copyWithBar(url, "ann", "secret", bar)).toBe(true);
  expect(await named("archive/")).toEqual(["archive/2025/", "archive/2025/january.txt"]);
});

test("a deletion that fails is told, member by member, or as a whole", async () => {
  const lock = await dav.lock("2025/january.txt");
  expect(await deleteAndTell(createClient(url))).toMatch(/january\.txt: 423|423 lock-token-submitted/);
  await lock.unlock();
  expect(await deleteAndTell(createClient(url))).toBe("deleted");
  expect(await deleteAndTell(createClient("http://127.0.0.1:1/"))).toBe("refused");
});

test("all members are listed as they come", async () => {
  await dav.put("2025/longest.txt", "a".repeat(100)).outcome;
  expect(await largestBelow(url)).toBe("2025/longest.txt");
});

test("a document is edited under a lock", async () => {
  expect(await editUnderLock(url, (text) => `${text} again`)).toBe("ring ann again");
  expect(await new Response((await dav.get("notes.txt")).content).text()).toBe("ring ann again");
});

test("a folder is mirrored", async () => {
  const folder = await mkdtemp(join(tmpdir(), "meanwhile-mirror-"));
  const state = await mkdtemp(join(tmpdir(), "meanwhile-mirror-state-"));
  const earlier = process.env["XDG_STATE_HOME"];
  process.env["XDG_STATE_HOME"] = state;
  onTestFinished(() => {
    if (earlier === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = earlier;
    return Promise.all([rm(folder, { recursive: true }), rm(state, { recursive: true })]).then(
      () => undefined,
    );
  });
  await writeFile(join(folder, "one.txt"), "one");
  await writeFile(join(folder, "two.txt"), "two");
  expect(await mirror(url, folder)).toBe(2);
  await rm(join(folder, "two.txt"));
  expect(await mirror(url, folder)).toBe(1);
  expect(await named("backup/")).toEqual(["backup/one.txt"]);
});

test("a slow service is followed, and its interim responses are seen", async () => {
  const rows = ["one", "two"];
  const service = await start(
    reportsApp(
      (_request, _response, next) => next(),
      rows,
      () => new Promise((resolve) => setImmediate(resolve)),
    ),
  );
  expect(await orderReport(service)).toEqual({ url: "/reports/42" });
  const statuses = await seeInterims(new URL("reports", service).href);
  expect(statuses.at(-1)).toBe(200);
  expect(statuses.slice(0, -1).every((status) => status === 102)).toBe(true);
});
