import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Cut, startCuttingProxy } from "./cutting-proxy.ts";
import { describeWith } from "./judge.ts";
import { expectOneOperation, names, persistentCurl, rejoinScene, requestsOf } from "./rejoin-scene.ts";
import { runWell } from "./run.ts";
import { startSlowServer } from "./slow-server.ts";

const scene = rejoinScene();
const { ask, members, seen, url } = scene;

/** The status in the log of a request whose client left before there was an answer. */
const left = 499;

/** While the operation runs: early, later, and in the middle of an interim response. */
const early: readonly Cut[] = [
  { afterMs: 120 },
  { afterResponseBytes: 40 },
  { afterMs: 250 },
  { afterResponseBytes: 300 },
];

const requests = requestsOf(scene);
const to = (path: string) => ["-H", `Destination: ${url(path)}`];

describeWith(["curl"], "curl --retry --retry-all-errors through a proxy that cuts connections", () => {
  test.each(requests)("%s, cut while it runs: one operation, and its answer", async (...request) => {
    await expectOneOperation(scene, request);
  });

  test("COPY, cut four times while it runs: one operation", async () => {
    const slower = await startSlowServer({ delayMs: { member: 1_000 }, afterMs: 50, everyMs: 100 });
    const before = await startCuttingProxy(slower.port);
    try {
      await fetch(`${slower.url}tree`, { method: "MKCOL" });
      for (const name of names) await fetch(`${slower.url}tree/${name}`, { method: "PUT", body: name });
      slower.take();
      before.cut(early);
      expect(
        await persistentCurl("-X", "COPY", "-H", `Destination: ${before.url}new`, `${before.url}tree`),
      ).toBe("201");
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
      scene.proxy.cut([{ afterResponseBytes: 20 }]);
      expect(await persistentCurl("-A", "", ...args())).toBe(name === "COPY" ? "204" : status);
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
    const file = join(scene.place, "upload");
    writeFileSync(file, Buffer.alloc(300_000, "x"));
    scene.proxy.cut([cut]);
    expect(await persistentCurl("-A", "", "-H", "Expect:", "-T", file, url("work/upload"))).toMatch(
      /^20[14]$/,
    );
    const response = await fetch(`${scene.server.url}work/upload`);
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.alloc(300_000, "x"))).toBe(true);
    expect(await members("work")).toEqual(["tree/", "upload"]);
  });

  test("with an Idempotency-Key, cut inside its final response: one operation, whatever it is", async () => {
    scene.proxy.cut([{ afterResponseBytes: 20 }]);
    const key = ["-H", 'Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"'];
    expect(await persistentCurl("-A", "", ...key, "-X", "COPY", ...to("work/new"), url("work/tree"))).toBe(
      "201",
    );
    const { statuses, operations } = seen("COPY");
    expect([[...statuses], operations]).toEqual([[201], 1]);
  });
});

describeWith(["rclone"], "rclone through a proxy that cuts connections", () => {
  const rclone = (...args: readonly string[]) =>
    runWell("rclone", [...args, "--config", "/dev/null", "--retries", "5", "--low-level-retries", "10"], {
      environment: {
        RCLONE_WEBDAV_URL: `${scene.proxy.url}work`,
        RCLONE_WEBDAV_VENDOR: "other",
        HOME: scene.place,
      },
    });

  test("moves a tree: all of it is there, nothing twice, and no 423", async () => {
    const before = scene.proxy.cuts;
    scene.proxy.cut([{ afterMs: 400 }, { afterResponseBytes: 3000 }, { afterMs: 300 }]);
    await rclone("move", ":webdav:tree", ":webdav:moved");
    expect(scene.proxy.cuts).toBeGreaterThan(before);
    expect(await members("work/moved")).toEqual(names);
    const { statuses } = seen("MOVE");
    expect([...statuses].filter((status) => status === 423 || status === 404)).toEqual([]);
  });

  test("purges a tree", async () => {
    const before = scene.proxy.cuts;
    scene.proxy.cut([{ afterMs: 500 }, { afterMs: 300 }]);
    await rclone("purge", ":webdav:tree");
    expect(scene.proxy.cuts).toBeGreaterThan(before);
    expect(await ask("PROPFIND", "work/tree")).toBe(404);
    const { statuses } = seen("DELETE");
    expect([...statuses].filter((status) => status !== left)).toEqual([204]);
  });

  test("uploads: every document is whole", async () => {
    const local = join(scene.place, "local");
    mkdirSync(local, { recursive: true });
    for (const name of names) writeFileSync(join(local, name), name.repeat(1000));
    scene.proxy.cut([{ afterRequestBytes: 4000 }, { afterMs: 200 }, { afterResponseBytes: 30 }]);
    await rclone("sync", local, ":webdav:synced");
    await rclone("check", "--download", local, ":webdav:synced");
    expect(await members("work/synced")).toEqual(names);
  });
});
