/** Calls to the file system that do not come back, or fail: on a local one, by a preloaded library, by path. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { describeWith } from "../judge.ts";
import { type KillableServer, startKillable } from "../killable-server.ts";

export interface Site {
  readonly server: KillableServer;
  readonly place: { readonly folder: string; readonly state: string };
  /** From now on the call does not come back for paths with "slow" in them. */
  stall(): void;
  /** From now on it fails for them, with EIO. */
  fail(): void;
  /** All calls come back. */
  release(): void;
}

export interface Answer {
  readonly status: number;
  readonly fields: IncomingMessage["headers"];
  readonly body: string;
  readonly ms: number;
}

export interface Asked {
  readonly answer: Promise<Answer>;
  /** How many 102s came so far. */
  interims(): number;
  /** Whether the final response came. */
  answered(): boolean;
}

export interface StalledRequest {
  /** The system's call that does not come back. */
  readonly call: string;
  readonly method: string;
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly status: number;
}

export type StartSite = (
  call: string,
  args?: readonly string[],
  prepare?: (folder: string) => void,
) => Promise<Site>;

/**
 * Describes what holds while calls hang.
 *
 * @param requests each meets one call that hangs
 * @param ends the calls that hang while the process is told to end
 * @param more further tests
 */
export function describeStalls(
  requests: readonly StalledRequest[],
  ends: readonly string[],
  more?: (start: StartSite) => void,
): void {
  describeWith(["cc"], "a call to the file system that does not come back", () => {
    let base: string;
    let library: string;
    beforeAll(() => {
      base = mkdtempSync(join(tmpdir(), "meanwhile-stalls-"));
      library = join(base, "stall.so");
      const source = fileURLToPath(new URL("stall.c", import.meta.url));
      execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
    });
    afterAll(() => rmSync(base, { recursive: true, force: true }));

    async function start(
      call: string,
      args: readonly string[] = [],
      prepare: (folder: string) => void = () => {},
    ): Promise<Site> {
      const own = mkdtempSync(join(base, "site-"));
      const place = { folder: join(own, "folder"), state: join(own, "state") };
      for (const directory of ["slow", "other"])
        mkdirSync(join(place.folder, directory), { recursive: true });
      for (const file of ["fast.txt", "slow.txt", "slow/member", "other/member"])
        writeFileSync(join(place.folder, file), `content of ${file}`);
      prepare(place.folder);
      const control = join(own, "stall");
      const through = ["env", `LD_PRELOAD=${library}`, `STALL_CALL=${call}`, `STALL_WHILE=${control}`];
      const times = ["--processing-after", "200ms", "--processing-every", "200ms"];
      const server = await startKillable(place, { through, args: [...times, ...args] });
      const release = (): void => rmSync(control, { force: true });
      onTestFinished(async () => {
        release();
        await server.kill();
      });
      return {
        ...{ server, place, release },
        stall: () => writeFileSync(control, ""),
        fail: () => writeFileSync(control, "EIO"),
      };
    }

    test.each(requests)(
      "$call in $method $path makes no other request wait, and its 102s come on time",
      async ({ call, method, path, fields, status }) => {
        const site = await start(call);
        const { url } = site.server;
        // Other documents of the same folder are in use.
        for (const other of ["/fast.txt", "/other/member"]) await ask(url, "GET", other).answer;
        site.stall();
        const slow = ask(url, method, path, { Prefer: "processing", ...fields });
        const others: Answer[] = [];
        while (slow.interims() < 2 && others.length < 1_000) {
          for (const other of ["/other/member", "/nothing.txt"]) {
            others.push(await ask(url, "GET", other).answer);
          }
          others.push(await ask(url, "PROPFIND", "/other/", { Depth: "1" }).answer);
          others.push(await ask(url, "PUT", `/other/new-${others.length}`).answer);
        }
        // It hangs without end, so whoever waited for it would wait still. Where nothing else uses the machine, the longest
        // took some 10 ms; here 5 s are allowed.
        expect(slow.interims()).toBeGreaterThanOrEqual(2);
        expect(slow.answered()).toBe(false);
        expect(new Set(others.map((answer) => answer.status))).toEqual(new Set([200, 404, 207, 201]));
        expect(Math.max(...others.map(({ ms }) => ms))).toBeLessThan(5_000);
        site.release();
        expect((await slow.answer).status).toBe(status);
      },
    );

    test.each(ends)(
      "SIGTERM ends the process after --drain although a call (%s) does not come back, and outcomes are kept",
      async (call) => {
        const site = await start(call, ["--drain", "300ms"]);
        const fields = { Destination: "/copy.txt", Prefer: "respond-async, wait=0" };
        const { status, fields: told } = await ask(site.server.url, "COPY", "/fast.txt", fields).answer;
        expect(status).toBe(202);
        const document = new URL(told.location ?? "").pathname;
        const json = { Accept: "application/json" };
        const finished = () => ask(site.server.url, "GET", document, json).answer;
        await expect.poll(async () => (await finished()).body).toContain("201");
        site.stall();
        const slow = ask(site.server.url, call === "rename" ? "PUT" : "GET", "/slow.txt", {
          Prefer: "processing",
        });
        slow.answer.catch(() => {});
        await expect.poll(slow.interims).toBeGreaterThan(0);
        const began = performance.now();
        // The process killed itself: it has no exit code.
        expect(await site.server.terminate()).toBeNull();
        expect(performance.now() - began).toBeLessThan(15_000);
        site.release();
        const next = await startKillable(site.place);
        onTestFinished(() => next.kill());
        expect((await ask(next.url, "GET", document, json).answer).body).toContain("201");
        expect((await ask(next.url, "GET", "/slow.txt").answer).status).toBe(200);
      },
    );

    more?.(start);
  });
}

/** Asks on a connection of its own. */
export function ask(url: string, method: string, path: string, headers: Record<string, string> = {}): Asked {
  let interims = 0;
  let answered = false;
  const began = performance.now();
  const answer = new Promise<Answer>((resolve, reject) => {
    const sent = request(new URL(path, url), { method, headers, agent: false });
    sent.on("information", ({ statusCode }) => {
      if (statusCode === 102) interims += 1;
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      answered = true;
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, headers: fields } = response;
        resolve({ status, fields, body, ms: performance.now() - began });
      });
    });
    sent.end(method === "PUT" ? "new content" : undefined);
  });
  return { answer, interims: () => interims, answered: () => answered };
}

/** The first answers, in the order in which they come. */
export function firstOf(asked: readonly Asked[], count: number): Promise<readonly Answer[]> {
  const first: Answer[] = [];
  return new Promise((resolve, reject) => {
    for (const { answer } of asked) {
      answer.then((one) => {
        first.push(one);
        if (first.length === count) resolve(first);
      }, reject);
    }
  });
}
