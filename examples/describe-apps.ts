import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startCuttingProxy } from "../conformance/cutting-proxy.ts";
import { describeWith, judge, testWith } from "../conformance/judge.ts";
import { interimsIn, startRecorder } from "../conformance/recorder.ts";
import { expressApp } from "./express.ts";
import { fastifyApp } from "./fastify.ts";
import { fetchApp } from "./fetch.ts";
import { honoApp } from "./hono.ts";
import { koaApp } from "./koa.ts";
import { nodeApp } from "./node.ts";

const files = 3000;
let root = "";

type Make = (root: string) => Server | Promise<Server>;

export const apps: readonly (readonly [name: string, make: Make])[] = [
  ["node:http", nodeApp],
  ["fetch handlers", fetchApp],
  ["Express", expressApp],
  ["Fastify", fastifyApp],
  ["Koa", koaApp],
  ["Hono", honoApp],
];

/** The folder that the examples pack. */
export function makeRoot(): void {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "meanwhile-example-"));
    for (let folder = 0; folder < 30; folder += 1) {
      const path = join(root, `folder-${folder}`);
      await mkdir(path);
      const names = Array.from({ length: files / 30 }, (_, index) => join(path, `file-${index}.txt`));
      await Promise.all(names.map((name, index) => writeFile(name, `${name}\n`.repeat(10 + index))));
    }
  });

  afterAll(() => rm(root, { recursive: true, force: true }));
}

async function start(make: Make): Promise<string> {
  const server = await make(root);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const run = promisify(execFile);

/** What each example does for curl and fetch. */
export function describeApp(make: Make): void {
  testWith(
    ["curl"],
    "curl that asks for interim responses sees a 102 with progress, and the pack in the end",
    async () => {
      const origin = await start(make);
      const prefer = ["-H", "Prefer: processing"];
      const { stdout } = await run("curl", ["-s", "-i", "-X", "POST", ...prefer, `${origin}/packs`]);
      expect(stdout).toMatch(/^HTTP\/1\.1 102 Processing\r\n/);
      expect(stdout).toMatch(/^Progress: /m);
      expect(stdout).toMatch(/^HTTP\/1\.1 201 Created\r\n/m);
      expect(JSON.parse(stdout.split("\r\n\r\n").at(-1) ?? "")).toMatchObject({ files });
    },
  );

  test("fetch that prefers an asynchronous answer follows the status document to the pack", async () => {
    const origin = await start(make);
    const headers = { Prefer: "respond-async, wait=0", Authorization: "Bearer alice" };
    const accepted = await fetch(`${origin}/packs`, { method: "POST", headers });
    expect(accepted.status).toBe(202);
    await accepted.text();
    const location = accepted.headers.get("location") ?? "";
    const mine = { Authorization: "Bearer alice" };
    const document = await fetch(location, { headers: { ...mine, Prefer: "wait=60" } });
    expect(await document.json()).toMatchObject({
      state: "finished",
      progress: { done: files, total: files },
    });
    const outcome = await fetch(`${location}/outcome`, { headers: mine });
    expect([outcome.status, await outcome.json()]).toMatchObject([201, { files }]);
  });

  testWith(
    ["curl"],
    "curl that is cut off and comes back with its key gets the pack of its first try",
    async () => {
      const origin = await start(make);
      const key = `Idempotency-Key: "${randomUUID()}"`;
      const cut = spawn("curl", [
        "-s",
        "-N",
        "-i",
        "-X",
        "POST",
        "-H",
        key,
        "-H",
        "Prefer: processing",
        `${origin}/packs`,
      ]);
      // It is known to be under way, and is cut off in the middle.
      await once(cut.stdout, "data");
      cut.kill("SIGKILL");
      await once(cut, "close");
      const { stdout } = await run("curl", ["-s", "-i", "-X", "POST", "-H", key, `${origin}/packs`]);
      expect(stdout).toMatch(/^HTTP\/1\.1 201 /);
      expect(stdout).toMatch(/^Link: .*rel="status"/im);
      expect(stdout).toMatch(/"files":3000/);
    },
  );
}

/** What each does for a client that a 102 would break. */
export function describeBreaking(make: Make): void {
  describeWith(["python-requests"], "Python requests, which takes a 102 for the answer", () => {
    const script = new URL("../conformance/clients/requests_post.py", import.meta.url).pathname;

    async function post(origin: string) {
      const check = `${origin}/.meanwhile/operations/`;
      const args = [script, `${origin}/packs`, randomUUID(), "Bearer alice", check];
      const { stdout } = await run(judge("python-requests").program, args);
      const [first = "", ...rest] = stdout.split("\n");
      const [tries, made, listed] = first.split(" ").map(Number);
      return { tries, made, listed, pack: JSON.parse(rest.join("\n")) };
    }

    async function operations(origin: string): Promise<readonly unknown[]> {
      const headers = { Authorization: "Bearer alice" };
      const list = await fetch(`${origin}/.meanwhile/operations/`, { headers });
      return ((await list.json()) as { operations: unknown[] }).operations;
    }

    test("gets none, but the pack, and the right answer to its next request", async () => {
      const recorder = await startRecorder(Number(new URL(await start(make)).port));
      onTestFinished(() => recorder.stop());
      expect(await post(recorder.url.slice(0, -1))).toMatchObject({
        tries: 1,
        made: 201,
        listed: 200,
        pack: { files },
      });
      const sent = recorder.take();
      expect(sent).toMatch(/^HTTP\/1\.1 201 /);
      expect(interimsIn(sent)).toBe(0);
    });

    test("cut off while the pack is made, comes back with its key and gets it: one operation", async () => {
      const origin = await start(make);
      const proxy = await startCuttingProxy(Number(new URL(origin).port));
      onTestFinished(() => proxy.stop());
      proxy.cut([{ afterMs: 50 }]);
      const { tries, made, pack } = await post(proxy.url.slice(0, -1));
      expect([tries, made, pack]).toMatchObject([2, 201, { files }]);
      expect(proxy.cuts).toBe(1);
      expect(await operations(origin)).toHaveLength(1);
    });
  });
}
