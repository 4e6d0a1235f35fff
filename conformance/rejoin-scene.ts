/** A slow server with a small tree, and before it a proxy that cuts connections. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { type CuttingProxy, startCuttingProxy } from "./cutting-proxy.ts";
import { run } from "./run.ts";
import { type SlowServer, startSlowServer } from "./slow-server.ts";

/** How many documents the tree has, each of which takes `memberMs`. */
const documents = 8;
const memberMs = 200;

/** The names of its documents. */
export const names: readonly string[] = Array.from(
  { length: documents },
  (_, index) => `d${index}.txt`,
).sort();

export interface Seen {
  /** The statuses that clients saw, or would have seen. */
  readonly statuses: ReadonlySet<number>;
  /** How many operations there were. */
  readonly operations: number;
}

export interface RejoinScene {
  /** A folder for files of the test. */
  readonly place: string;
  readonly server: SlowServer;
  readonly proxy: CuttingProxy;
  /** Asks the server directly. @returns the status */
  ask(method: string, path: string, body?: string): Promise<number>;
  /** The names of a collection's members. */
  members(path: string): Promise<readonly string[]>;
  /** What was answered to requests of a method since this was last asked. */
  seen(method: string): Seen;
  /** The URL of a path, through the proxy. */
  url(path: string): string;
}

/** Sets it up for the tests of a file: `work/tree` is new for each of them. */
export function rejoinScene(): RejoinScene {
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

  /** The statuses that clients saw, or would have seen, of a method; and how many operations there were. */
  function seen(method: string): { readonly statuses: ReadonlySet<number>; readonly operations: number } {
    const entries = server.take().filter((entry) => entry.method === method);
    const ran = entries.map(({ operation }) => operation);
    return { statuses: new Set(entries.map(({ status }) => status)), operations: new Set(ran).size };
  }

  return {
    get place() {
      return place;
    },
    get server() {
      return server;
    },
    get proxy() {
      return proxy;
    },
    ask,
    members,
    seen,
    url: (path) => proxy.url + path,
  };
}

/** What curl is asked: each of these changes the tree at `work/tree`. */
export function requestsOf({ url }: RejoinScene): readonly RejoinRequest[] {
  const to = (path: string) => ["-H", `Destination: ${url(path)}`];
  return [
    ["COPY", () => ["-X", "COPY", ...to("work/new"), url("work/tree")], "201"],
    [
      "COPY with Overwrite: F",
      () => ["-X", "COPY", "-H", "Overwrite: F", ...to("work/new"), url("work/tree")],
      "201",
    ],
    ["MOVE", () => ["-X", "MOVE", ...to("work/new"), url("work/tree")], "201"],
    ["DELETE", () => ["-X", "DELETE", url("work/tree")], "204"],
  ];
}

export type RejoinRequest = readonly [name: string, args: () => readonly string[], status: string];

/** Runs curl, which repeats what fails. @returns the last status that it saw */
export async function persistentCurl(...args: readonly string[]): Promise<string> {
  const fixed = ["-sS", "-o", "/dev/null", "-w", "%{http_code}"];
  const retry = ["--retry", "10", "--retry-all-errors", "--retry-delay", "1", "--retry-max-time", "60"];
  // curl repeats only what it can read again, and tells of each try.
  const { code, stdout, stderr } = await run("curl", [...fixed, ...retry, ...args]);
  expect(code, stderr).toBe(0);
  // Of tries that were cut inside the header section there is the status of an interim response, or 000.
  return stdout.slice(-3);
}

/** curl, cut off while its request runs: it comes back and gets the answer of the one operation. */
export async function expectOneOperation(
  { proxy, ask, members, seen }: RejoinScene,
  [name, args, status]: RejoinRequest,
): Promise<void> {
  const before = proxy.cuts;
  proxy.cut([{ afterMs: 150 }]);
  expect(await persistentCurl(...args())).toBe(status);
  expect(proxy.cuts - before).toBe(1);
  const { statuses, operations } = seen(name.split(" ")[0] ?? "");
  expect([...statuses].filter((each) => each >= 300)).toEqual([]);
  expect(operations).toBe(1);
  expect(await ask("PROPFIND", "work/tree")).toBe(name.startsWith("COPY") ? 207 : 404);
  if (name !== "DELETE") expect(await members("work/new")).toEqual(names);
}
