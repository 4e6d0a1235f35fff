import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePath } from "@meanwhile/dav";
import type { RequestLogEntry } from "@meanwhile/server";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { curl, field } from "./curl.ts";
import { expectMonotonic, expectWellFormed, progressOf, statusUris } from "./interim-claims.ts";
import { describeWith, judge } from "./judge.ts";
import { parseLitmus } from "./litmus-report.ts";
import { interimsIn, type Recorder, startRecorder } from "./recorder.ts";
import { run, runWell } from "./run.ts";
import { type SlowServer, startSlowServer } from "./slow-server.ts";

const documents = 60;

/** Go before 1.24, which this rclone is built with, fails at the sixth. */
const goBudget = 5;

/**
 * Each operation on the tree takes some 600 ms; interim responses begin after 50 ms and go on every 60 ms. So a
 * client that would be broken by more than its budget would get more.
 */
const pacing = { delayMs: { member: 10, commit: 300, move: 300 }, afterMs: 50, everyMs: 60 };

let server: SlowServer;
let recorder: Recorder;
let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "meanwhile-slow-"));
  server = await startSlowServer(pacing);
  recorder = await startRecorder(server.port);
});
afterAll(async () => {
  await recorder?.stop();
  await server?.stop();
  await rm(place, { recursive: true, force: true });
});
beforeEach(async () => {
  const { tree } = server;
  await ask("DELETE", "desk");
  for (const path of ["/desk", "/desk/tree"]) {
    await tree.createCollection(parsePath(path), []);
  }
  // Not through the server, where each would take as long as its slow end does.
  for (let index = 0; index < documents; index += 1) {
    const draft = await tree.draft(parsePath(`/desk/tree/d${index}.txt`), { length: undefined });
    await draft.write(Buffer.from(`document ${index}`));
    await draft.commit({ modifiedMs: undefined });
  }
  server.take();
  recorder.take();
});

/** Asks the slow server directly, with the tree's delays but without a 102: this client has no known name. */
async function ask(method: string, path: string): Promise<number> {
  const response = await fetch(server.url + path, { method });
  await response.arrayBuffer();
  return response.status;
}

const url = (path: string) => recorder.url + path;

/** The log of the long requests, by method. */
function longOnes(entries: readonly RequestLogEntry[]): readonly RequestLogEntry[] {
  return entries.filter(({ durationMs }) => durationMs > pacing.afterMs + pacing.everyMs);
}

describeWith(["curl"], "curl on a slow tree", () => {
  test("COPY and DELETE tell of every member once, and end right", async () => {
    for (const [method, status] of [
      ["COPY", 201],
      ["DELETE", 204],
    ] as const) {
      const answer = await curl([
        "-X",
        method,
        "-H",
        `Destination: ${url("desk/copied/")}`,
        url("desk/tree/"),
      ]);
      expect(answer.final.status).toBe(status);
      expectWellFormed(answer);
      expectMonotonic(answer);
      expect(answer.interims.length).toBeGreaterThan(4);
      expect(new Set(answer.interims.map((interim) => progressOf(interim).done)).size).toBeGreaterThan(3);
      const uris = statusUris(answer).map(({ uri }) => uri);
      expect(uris.length).toBeGreaterThan(documents / 2);
      expect(new Set(uris).size).toBe(uris.length);
    }
  });

  test("the status document that Location names shows the operation, and then its end", async () => {
    const answer = await curl(["-X", "COPY", "-H", `Destination: ${url("desk/shown/")}`, url("desk/tree/")]);
    const [first] = answer.interims;
    const location = first === undefined ? undefined : field(first, "location");
    const shown = await fetch(new URL(location ?? "", recorder.url));
    expect(shown.status).toBe(200);
    expect(await shown.json()).toMatchObject({
      version: 1,
      method: "COPY",
      progress: { done: documents + 1, total: documents + 1 },
      outcome: { status: 201 },
    });
  });

  test("PUT whose end takes long gets 102s only after its last byte (RFC 2518 §10.1)", async () => {
    const file = join(place, "upload.txt");
    await writeFile(file, "content");
    const answer = await curl(["-H", "Expect: 100-continue", "-T", file, url("desk/upload.txt")]);
    expect(answer.final.status).toBe(201);
    const [first, ...later] = answer.interims.map(({ status }) => status);
    expect(first).toBe(100);
    expect(later.length).toBeGreaterThan(0);
    expect(new Set(later)).toEqual(new Set([102]));
  });
});

describeWith(["cadaver"], "cadaver on a slow tree", () => {
  test("its copy, move and rmcol get 102s and end right", async () => {
    const commands = ["copy tree copied", "move copied moved", "rmcol moved", "ls", "quit"];
    const { stdout, stderr } = await run("cadaver", ["-t", url("desk/")], {
      cwd: place,
      input: `${commands.join("\n")}\n`,
      environment: { HOME: place },
    });
    expect(stdout + stderr).not.toMatch(/failed|error/i);
    expect(await ask("PROPFIND", "desk/moved")).toBe(404);
    const long = longOnes(server.take());
    expect(long.map(({ method }) => method)).toEqual(expect.arrayContaining(["COPY", "MOVE", "DELETE"]));
    for (const { method, interims, userAgent } of long.filter(({ method }) => method !== "PROPFIND")) {
      expect(userAgent).toContain("neon");
      expect(interims, method).toBeGreaterThan(0);
    }
  });
});

describeWith(["rclone"], "rclone on a slow tree", () => {
  // Debian's rclone names itself without a version. This one says what others say, so that it gets interims at all.
  const named = ["--user-agent", "rclone/v1.60.1"];
  const rclone = (...args: readonly string[]) =>
    runWell(
      "rclone",
      [...args, ...named, "--config", "/dev/null", "--retries", "1", "--low-level-retries", "1"],
      {
        environment: { RCLONE_WEBDAV_URL: url("desk"), RCLONE_WEBDAV_VENDOR: "other", HOME: place },
      },
    );

  test(`its moves and purges never get more than ${goBudget} interims a request, and end right`, async () => {
    await rclone("move", ":webdav:tree", ":webdav:moved");
    expect(await ask("PROPFIND", "desk/moved/d0.txt")).toBe(207);
    await rclone("purge", ":webdav:moved");
    expect(await ask("PROPFIND", "desk/moved")).toBe(404);
    const long = longOnes(server.take());
    expect(long.length).toBeGreaterThan(0);
    for (const { method, interims } of long) {
      expect(interims, method).toBeLessThanOrEqual(goBudget);
    }
    expect(interimsIn(recorder.take())).toBeGreaterThan(0);
  });

  test("its uploads end right", async () => {
    const local = join(place, "local");
    mkdirSync(local, { recursive: true });
    for (const name of ["a.txt", "b.txt", "c.txt"]) {
      writeFileSync(join(local, name), name);
    }
    await rclone("sync", local, ":webdav:synced");
    await rclone("check", "--download", local, ":webdav:synced");
    for (const { method, interims } of longOnes(server.take())) {
      expect(interims, method).toBeLessThanOrEqual(goBudget);
    }
  });
});

describeWith(["wget"], "wget on a slow tree", () => {
  test("its COPY gets 102s and ends right", async () => {
    const args = ["--no-config", "--quiet", "--tries=1", "--read-timeout=3", "--method=COPY"];
    await runWell("wget", [...args, `--header=Destination: ${url("desk/copied")}`, url("desk/tree")], {
      cwd: place,
    });
    expect(interimsIn(recorder.take())).toBeGreaterThan(2);
    expect(await ask("PROPFIND", `desk/copied/d${documents - 1}.txt`)).toBe(207);
  });
});

const breaking = [
  ["python-requests", "requests_copy.py"],
  ["lwp", "lwp_copy.pl"],
  ["php", "streams_copy.php"],
] as const;
for (const [name, script] of breaking) {
  describeWith([name], `${name} on a slow tree`, () => {
    test("gets no interim, and ends right", async () => {
      const path = new URL(`clients/${script}`, import.meta.url).pathname;
      const { stdout } = await runWell(judge(name).program, [
        path,
        url("desk/tree/"),
        url("desk/copied/"),
        url("desk/tree/d7.txt"),
      ]);
      expect(stdout).toBe("201\n200\ndocument 7");
      expect(longOnes(server.take()).map(({ method }) => method)).toContain("COPY");
      expect(interimsIn(recorder.take())).toBe(0);
    });
  });
}

describeWith(["litmus"], "litmus on a slow tree", () => {
  test.each(["basic", "copymove", "props", "locks", "http"])(
    "suite %s passes without a warning",
    async (suite) => {
      const slow = await startSlowServer({
        delayMs: { member: 40, commit: 40, move: 40 },
        afterMs: 5,
        everyMs: 5,
      });
      try {
        const { stdout } = await run("litmus", ["--keep-going", slow.url], {
          cwd: place,
          environment: { TESTS: suite },
        });
        expect(parseLitmus(stdout)).toEqual([
          expect.objectContaining({ suite, failed: 0, warnings: 0, complaints: [] }),
        ]);
        const interims = slow.take().map((entry) => entry.interims);
        // The suite "http" only puts one document, which need not take long.
        expect(Math.max(...interims)).toBeGreaterThanOrEqual(suite === "http" ? 0 : 1);
      } finally {
        await slow.stop();
      }
    },
  );
});
