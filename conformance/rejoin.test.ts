import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePath } from "@meanwhile/dav/path";
import { testWork } from "@meanwhile/server/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Cut, type CuttingProxy, startCuttingProxy } from "./cutting-proxy.ts";
import { describeWith } from "./judge.ts";
import { run, runWell } from "./run.ts";
import { type SlowServer, startSlowServer } from "./slow-server.ts";

/** How many documents the tree has, each of which takes `memberMs`. */
const documents = 8;
const memberMs = 200;

let place: string;
let server: SlowServer;
let proxy: CuttingProxy;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "meanwhile-rejoin-"));
  server = await startSlowServer({
    delayMs: { member: memberMs, move: 2_000, commit: 300 },
    afterMs: 100,
    everyMs: 100,
  });
  proxy = await startCuttingProxy(server.port);
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
  await rm(place, { recursive: true, force: true });
});
beforeEach(async () => {
  proxy.cut([]);
  const old = parsePath("/work");
  if (await server.tree.lookup(old)) await server.tree.remove(old, testWork());
  expect(await ask("MKCOL", "work")).toBe(201);
  await ask("MKCOL", "work/tree");
  await Promise.all(
    Array.from({ length: documents }, (_, index) =>
      ask("PUT", `work/tree/d${index}.txt`, `document ${index}`),
    ),
  );
  server.take();
});

/** Asks the server directly. */
async function ask(method: string, path: string, body?: string): Promise<number> {
  const response = await fetch(server.url + path, { method, ...(body === undefined ? {} : { body }) });
  await response.arrayBuffer();
  return response.status;
}

const names = Array.from({ length: documents }, (_, index) => `d${index}.txt`).sort();

/** The names of a collection's members. */
async function members(path: string): Promise<readonly string[]> {
  const response = await fetch(`${server.url}${path}/`, { method: "PROPFIND", headers: { Depth: "1" } });
  const hrefs = [...(await response.text()).matchAll(/<D:href>([^<]*)<\/D:href>/g)].map(
    ([, href = ""]) => href,
  );
  return hrefs
    .map((href) => href.slice(`/${path}/`.length))
    .filter((name) => name !== "")
    .sort();
}

/** The status in the log of a request whose client left before there was an answer. */
const left = 499;

/** The statuses that clients saw, or would have seen, of a method; and how many operations there were. */
function seen(method: string): { readonly statuses: ReadonlySet<number>; readonly operations: number } {
  const entries = server.take().filter((entry) => entry.method === method);
  const ran = entries.map(({ operation }) => operation);
  return { statuses: new Set(entries.map(({ status }) => status)), operations: new Set(ran).size };
}

/** While the operation runs: early, later, and in the middle of an interim response. */
const early: readonly Cut[] = [
  { afterMs: 120 },
  { afterResponseBytes: 40 },
  { afterMs: 250 },
  { afterResponseBytes: 300 },
];

describeWith(["curl"], "curl --retry --retry-all-errors through a proxy that cuts connections", () => {
  async function curl(...args: readonly string[]): Promise<string> {
    const fixed = ["-sS", "-o", "/dev/null", "-w", "%{http_code}"];
    const retry = ["--retry", "10", "--retry-all-errors", "--retry-delay", "1", "--retry-max-time", "60"];
    // curl repeats only what it can read again, and tells of each try.
    const { code, stdout, stderr } = await run("curl", [...fixed, ...retry, ...args]);
    expect(code, stderr).toBe(0);
    // Of tries that were cut inside the header section there is the status of an interim response, or 000.
    return stdout.slice(-3);
  }
  const url = (path: string) => proxy.url + path;
  const to = (path: string) => ["-H", `Destination: ${url(path)}`];

  const requests: readonly [name: string, args: () => readonly string[], status: string][] = [
    ["COPY", () => ["-X", "COPY", ...to("work/new"), url("work/tree")], "201"],
    [
      "COPY with Overwrite: F",
      () => ["-X", "COPY", "-H", "Overwrite: F", ...to("work/new"), url("work/tree")],
      "201",
    ],
    ["MOVE", () => ["-X", "MOVE", ...to("work/new"), url("work/tree")], "201"],
    ["DELETE", () => ["-X", "DELETE", url("work/tree")], "204"],
  ];

  test.each(requests)("%s, cut while it runs: one operation, and its answer", async (name, args, status) => {
    const before = proxy.cuts;
    proxy.cut([{ afterMs: 150 }]);
    expect(await curl(...args())).toBe(status);
    expect(proxy.cuts - before).toBe(1);
    const { statuses, operations } = seen(name.split(" ")[0] ?? "");
    expect([...statuses].filter((each) => each >= 300)).toEqual([]);
    expect(operations).toBe(1);
    expect(await ask("PROPFIND", "work/tree")).toBe(name.startsWith("COPY") ? 207 : 404);
    if (name !== "DELETE") expect(await members("work/new")).toEqual(names);
  });

  test("COPY, cut four times while it runs: one operation", async () => {
    const slower = await startSlowServer({ delayMs: { member: 1_000 }, afterMs: 50, everyMs: 100 });
    const before = await startCuttingProxy(slower.port);
    try {
      await fetch(`${slower.url}tree`, { method: "MKCOL" });
      for (const name of names) await fetch(`${slower.url}tree/${name}`, { method: "PUT", body: name });
      slower.take();
      before.cut(early);
      expect(await curl("-X", "COPY", "-H", `Destination: ${before.url}new`, `${before.url}tree`)).toBe(
        "201",
      );
      expect(before.cuts).toBe(4);
      const entries = slower.take();
      expect(entries.length).toBe(5);
      expect(new Set(entries.map(({ operation }) => operation)).size).toBe(1);
    } finally {
      await before.stop();
      await slower.stop();
    }
  });

  test.each(requests)(
    "%s, cut inside its final response: its answer all the same",
    async (name, args, status) => {
      const method = name.split(" ")[0] ?? "";
      // An unknown client gets no interim responses: the first bytes are those of the final one.
      proxy.cut([{ afterResponseBytes: 20 }]);
      expect(await curl("-A", "", ...args())).toBe(name === "COPY" ? "204" : status);
      const { statuses } = seen(method);
      expect([...statuses].filter((each) => each >= 300)).toEqual([]);
      expect(await ask("PROPFIND", "work/tree")).toBe(method === "COPY" ? 207 : 404);
      if (method !== "DELETE") expect(await members("work/new")).toEqual(names);
    },
  );

  test.each([
    ["in the middle of its content", { afterRequestBytes: 100_000 }],
    ["while it is put in place", { afterMs: 200 }],
    ["inside its final response", { afterResponseBytes: 20 }],
  ])("an upload that is cut %s ends with its content, once", async (_where, cut) => {
    const file = join(place, "upload");
    writeFileSync(file, Buffer.alloc(300_000, "x"));
    proxy.cut([cut]);
    expect(await curl("-A", "", "-H", "Expect:", "-T", file, url("work/upload"))).toMatch(/^20[14]$/);
    const response = await fetch(`${server.url}work/upload`);
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.alloc(300_000, "x"))).toBe(true);
    expect(await members("work")).toEqual(["tree/", "upload"]);
  });

  test("with an Idempotency-Key, cut inside its final response: one operation, whatever it is", async () => {
    proxy.cut([{ afterResponseBytes: 20 }]);
    const key = ["-H", 'Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"'];
    expect(await curl("-A", "", ...key, "-X", "COPY", ...to("work/new"), url("work/tree"))).toBe("201");
    const { statuses, operations } = seen("COPY");
    expect([[...statuses], operations]).toEqual([[201], 1]);
  });
});

describeWith(["rclone"], "rclone through a proxy that cuts connections", () => {
  const rclone = (...args: readonly string[]) =>
    runWell("rclone", [...args, "--config", "/dev/null", "--retries", "5", "--low-level-retries", "10"], {
      environment: { RCLONE_WEBDAV_URL: `${proxy.url}work`, RCLONE_WEBDAV_VENDOR: "other", HOME: place },
    });

  test("moves a tree: all of it is there, nothing twice, and no 423", async () => {
    const before = proxy.cuts;
    proxy.cut([{ afterMs: 400 }, { afterResponseBytes: 3000 }, { afterMs: 300 }]);
    await rclone("move", ":webdav:tree", ":webdav:moved");
    expect(proxy.cuts).toBeGreaterThan(before);
    expect(await members("work/moved")).toEqual(names);
    const { statuses } = seen("MOVE");
    expect([...statuses].filter((status) => status === 423 || status === 404)).toEqual([]);
  });

  test("purges a tree", async () => {
    const before = proxy.cuts;
    proxy.cut([{ afterMs: 500 }, { afterMs: 300 }]);
    await rclone("purge", ":webdav:tree");
    expect(proxy.cuts).toBeGreaterThan(before);
    expect(await ask("PROPFIND", "work/tree")).toBe(404);
    const { statuses } = seen("DELETE");
    expect([...statuses].filter((status) => status !== left)).toEqual([204]);
  });

  test("uploads: every document is whole", async () => {
    const local = join(place, "local");
    mkdirSync(local, { recursive: true });
    for (const name of names) writeFileSync(join(local, name), name.repeat(1000));
    proxy.cut([{ afterRequestBytes: 4000 }, { afterMs: 200 }, { afterResponseBytes: 30 }]);
    await rclone("sync", local, ":webdav:synced");
    await rclone("check", "--download", local, ":webdav:synced");
    expect(await members("work/synced")).toEqual(names);
  });
});
