import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { curl } from "../curl.ts";
import { expectMonotonic, expectWellFormed } from "../interim-claims.ts";
import { describeWith } from "../judge.ts";
import { parseLitmus } from "../litmus-report.ts";
import { interimsIn, type Recorder, startRecorder } from "../recorder.ts";
import { run } from "../run.ts";
import { type Server, startServer } from "../server.ts";
import { startSlowServer } from "../slow-server.ts";
import { makeTree } from "../tree.ts";
import { nginx } from "./nginx.ts";
import { proxies } from "./proxies.ts";
import { type StartedProxy, startProxy } from "./proxy.ts";

const documents = 2000;
const members = documents + documents / 100;

const pacing = ["--processing-after", "10ms", "--processing-every", "10ms"];
const trusted = ["--trusted-proxy", "127.0.0.1", "--log-level", "info"];

for (const { kind, relays } of proxies) {
  describeWith([kind.name, "curl", "litmus"], `meanwhile serve behind ${kind.name}`, () => {
    let server: Server;
    /** Between the two, to see what the server sent. */
    let recorder: Recorder;
    let proxy: StartedProxy;

    async function start(args: readonly string[]): Promise<void> {
      server = await startServer({ args: [...pacing, ...args] });
      recorder = await startRecorder(server.port);
      proxy = await startProxy(kind, { upstreamPort: Number(new URL(recorder.url).port) });
      makeTree(join(server.folder, "tree"), documents);
    }
    async function stop(): Promise<void> {
      await proxy?.stop();
      await recorder?.stop();
      await server?.stop();
    }

    /** Copies the tree, and looks whether all of it is there. */
    async function copy(name: string, ...args: readonly string[]) {
      recorder.take();
      const to = ["-H", `Destination: ${proxy.url}${name}/`];
      const answer = await curl(["-X", "COPY", ...to, ...args, `${proxy.url}tree/`]);
      expect(answer.final.status).toBe(201);
      expect((await readdir(join(server.folder, name), { recursive: true })).length).toBe(members);
      // What was sent arrives: nothing of it is lost or taken for the answer.
      expect(answer.interims.length).toBe(interimsIn(recorder.take()));
      if (answer.interims.length > 0) expectWellFormed(answer);
      expectMonotonic(answer);
      return answer.interims.length;
    }

    describe("that it is told of", () => {
      beforeAll(() => start(["--front", kind.name, ...trusted]));
      afterAll(stop);

      test(`a long COPY sends 102s, no more than it relays (${relays}), and ends right`, async () => {
        for (const [name, ...args] of [["unasked"], ["asked", "-H", "Prefer: processing"]] as const) {
          const interims = await copy(name, ...args);
          expect(interims).toBeLessThanOrEqual(relays);
          expect(interims).toBeGreaterThanOrEqual(Math.min(relays, 2));
        }
      });

      test("a client that nothing is known of gets none unasked", async () => {
        expect(await copy("unknown", "-A", "unheard-of/1.0")).toBe(0);
      });

      test("the log has the client's address, whatever the client says of it", async () => {
        await curl(["-H", "Forwarded: for=203.0.113.9", `${proxy.url}tree/forged`]);
        const line = server
          .log()
          .split("\n")
          .find((entry) => entry.includes("tree/forged"));
        expect(line).toContain('"127.0.0.1"');
        expect(server.log()).not.toContain("203.0.113.9");
      });

      test("litmus finds what it finds without", async () => {
        const { stdout } = await run("litmus", ["--keep-going", proxy.url], {
          cwd: server.state,
          environment: { TESTS: "basic copymove props locks http" },
        });
        const suites = parseLitmus(stdout);
        expect(suites.map(({ suite }) => suite)).toEqual(["basic", "copymove", "props", "locks", "http"]);
        for (const found of suites) {
          // nghttpx takes off the fragment that a request-target must not have, so that the server cannot refuse it.
          const taken =
            kind.name === "nghttpx" && found.suite === "basic"
              ? [expect.stringContaining("delete_fragment")]
              : [];
          expect(found).toMatchObject({ failed: 0, warnings: taken.length, complaints: taken });
        }
      });
    });

    describe("that it is not told of", () => {
      beforeAll(() => start([]));
      afterAll(stop);

      test("a long COPY has no 102 unasked, and ends right", async () => {
        expect(await copy("unasked")).toBe(0);
      });
    });
  });
}

describeWith(["nginx", "curl"], "a COPY that nginx gives up", () => {
  test("goes on, and is joined when it is asked for again", async () => {
    // Some 1.4 s: the second request waits for its end.
    const documents = 6;
    const server = await startSlowServer({
      delayMs: { member: 200 },
      afterMs: 50,
      everyMs: 50,
      front: "nginx",
    });
    onTestFinished(() => server.stop());
    const proxy = await startProxy(nginx, { upstreamPort: server.port, timeoutS: 1 });
    onTestFinished(() => proxy.stop());
    await fetch(`${server.url}tree`, { method: "MKCOL" });
    for (let index = 0; index < documents; index += 1) {
      await fetch(`${server.url}tree/d${index}`, { method: "PUT", body: "content" });
    }
    server.take();
    // Done twice, it would fail.
    const to = ["-H", `Destination: ${proxy.url}copied`, "-H", "Overwrite: F"];
    const copy = () => curl(["-X", "COPY", ...to, `${proxy.url}tree`]);
    const first = await copy();
    expect([first.final.status, first.interims]).toEqual([504, []]);
    expect((await copy()).final.status).toBe(201);
    const copies = server.take().filter(({ method }) => method === "COPY");
    expect(copies.length).toBe(2);
    expect(new Set(copies.map(({ operation }) => operation)).size).toBe(1);
  });
});
