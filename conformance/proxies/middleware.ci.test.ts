import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessingOptions } from "@meanwhile/middleware/node";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { behindNginxApp } from "../../examples/behind-nginx.ts";
import { expressApp } from "../../examples/express.ts";
import { type CurlAnswer, curl, field } from "../curl.ts";
import { describeWith } from "../judge.ts";
import { interimsIn, startRecorder } from "../recorder.ts";
import { run } from "../run.ts";
import { makeTree } from "../tree.ts";
import { nginx } from "./nginx.ts";
import { proxies } from "./proxies.ts";
import { type ProxyKind, type ProxyOptions, type StartedProxy, startProxy } from "./proxy.ts";
import { type SlowService, startSlowService } from "./slow-service.ts";
import { exchange } from "./snippet.ts";

const files = 300;
let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "meanwhile-proxied-"));
  makeTree(root, files);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** How long a proxy waits here for a service that says nothing. */
const timeoutS = 1;

async function before(kind: ProxyKind, options: ProxyOptions): Promise<StartedProxy> {
  const proxy = await startProxy(kind, options);
  onTestFinished(() => proxy.stop());
  return proxy;
}

async function service(
  options: ProcessingOptions,
  work: Parameters<typeof startSlowService>[1],
): Promise<SlowService> {
  const slow = await startSlowService(options, work);
  onTestFinished(() => slow.stop());
  return slow;
}

async function app(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const asking = ["-X", "POST", "-H", "Prefer: processing"];
/** curl is known to bear 102s; nothing is known of this one. */
const unknown = ["-A", "unheard-of/1.0"];

function expectMade({ final, body }: CurlAnswer): void {
  expect([final.status, body]).toEqual([201, '{"made":true}']);
}

/** Comes again as often as a proxy gives up. */
async function persist(args: readonly string[]): Promise<CurlAnswer> {
  for (let left = 5; ; left -= 1) {
    const answer = await curl(args);
    if (answer.final.status < 500 || left === 1) return answer;
  }
}

for (const { kind, relays, extends: livesOn, givesUpWith, http2 = true } of proxies) {
  describeWith([kind.name, "curl"], `the middleware behind ${kind.name}`, () => {
    test("an Express app that is told of it sends no more 102s than it relays, and its answer is whole", async () => {
      const upstreamPort = await app(expressApp(root, { front: kind.name, every: 10 }));
      const proxy = await before(kind, { upstreamPort });
      const answer = await curl([...asking, `${proxy.url}packs`]);
      expect(answer.final.status).toBe(201);
      expect(JSON.parse(answer.body)).toMatchObject({ files });
      expect(answer.interims.length).toBeLessThanOrEqual(relays);
      expect(answer.interims.length).toBeGreaterThanOrEqual(Math.min(1, relays));
    });

    if (http2) {
      test("and as much over HTTP/2 to the client", async () => {
        const upstreamPort = await app(expressApp(root, { front: kind.name, every: 10 }));
        const proxy = await before(kind, { upstreamPort, http2: true });
        const answer = await curl(["--http2-prior-knowledge", ...asking, `${proxy.url}packs`]);
        expect([answer.final.version, answer.final.status]).toEqual(["HTTP/2", 201]);
        expect(JSON.parse(answer.body)).toMatchObject({ files });
        expect(answer.interims.length).toBeLessThanOrEqual(relays);
        expect(answer.interims.length).toBeGreaterThanOrEqual(Math.min(1, relays));
      });
    }

    // The last ones of many are sent ever farther apart.
    const most = relays === 200 ? 150 : Math.min(relays, 220);
    test(`all 102s that it bears arrive, up to ${most}, and then the answer`, async () => {
      let sent = 0;
      const slow = await service({ front: kind.name, every: 10 }, async (operation) => {
        for (let step = 1; sent < most; step += 1) {
          await delay(10);
          operation.progress(step);
          sent += interimsIn(recorder.take());
        }
        // None is sent beyond.
        await delay(100);
      });
      const recorder = await startRecorder(slow.port);
      onTestFinished(() => recorder.stop());
      const proxy = await before(kind, { upstreamPort: Number(new URL(recorder.url).port) });
      const answer = await curl([...asking, proxy.url]);
      expectMade(answer);
      sent += interimsIn(recorder.take());
      expect(answer.interims.length).toBe(sent);
      expect(sent).toBeGreaterThanOrEqual(most);
      expect(sent).toBeLessThanOrEqual(relays);
    });

    test("events of a status document come at once", async () => {
      let release = (): void => undefined;
      const seen = new Promise<void>((resolve) => {
        release = resolve;
      });
      const slow = await service({ front: kind.name }, async (operation) => {
        operation.progress(1, 2);
        await seen;
        operation.progress(2, 2);
      });
      const proxy = await before(kind, { upstreamPort: slow.port });
      const accepted = await curl(["-X", "POST", "-H", "Prefer: respond-async, wait=0", proxy.url]);
      expect(accepted.final.status).toBe(202);
      const location = field(accepted.final, "location") ?? "";
      expect(location.startsWith(proxy.url)).toBe(true);
      const events = await fetch(location, { headers: { Accept: "text/event-stream" } });
      let text = "";
      for await (const chunk of events.body ?? []) {
        text += Buffer.from(chunk).toString("utf8");
        // The work waits for this: a proxy that gathers would gather for ever.
        if (/^event: progress$/m.test(text)) release();
      }
      expect(text).toMatch(/^event: outcome$/m);
    });

    // Squid looks at its clocks about once a second.
    const workMs = kind.name === "squid" ? 3600 : 1800;
    describe(`work of ${workMs} ms, where it waits for ${timeoutS} s`, () => {
      const start = async (): Promise<readonly [SlowService, StartedProxy]> => {
        const slow = await service({ front: kind.name, after: 100, every: 100 }, async (operation) => {
          for (let done = 0; done < workMs; done += 100) {
            await delay(100);
            operation.progress(done + 100, workMs);
          }
        });
        return [slow, await before(kind, { upstreamPort: slow.port, timeoutS })];
      };

      if (livesOn) {
        test("goes through for who gets 102s", async () => {
          const [slow, proxy] = await start();
          const answer = await curl([...asking, proxy.url]);
          expectMade(answer);
          expect(answer.interims.length).toBeGreaterThan(2);
          expect(slow.runs).toBe(1);
        });
      } else {
        test("is given up for who asks for 102s, too", async () => {
          const [, proxy] = await start();
          const answer = await curl([...asking, proxy.url]);
          expect(answer.final.status).toBe(givesUpWith);
          expect(answer.interims.length > 0).toBe(relays > 0);
        });
      }

      test("is given up for who gets none, and answered to the same key", async () => {
        const [slow, proxy] = await start();
        const key = ["-H", `Idempotency-Key: "${randomUUID()}"`];
        const request = ["-X", "POST", ...unknown, ...key, proxy.url];
        const first = await curl(request);
        expect(first.interims).toEqual([]);
        expect(first.final.status).toBe(givesUpWith);
        expectMade(await persist(request));
        expect(slow.runs).toBe(1);
      });

      test("is never cut off for who asks for a 202 and follows the status document", async () => {
        const [slow, proxy] = await start();
        const asked = ["-X", "POST", ...unknown, "-H", "Prefer: respond-async, wait=0", proxy.url];
        const accepted = await curl(asked);
        expect(accepted.final.status).toBe(202);
        const location = field(accepted.final, "location") ?? "";
        let state = "running";
        while (state === "running") {
          const { final, body } = await curl([...unknown, location]);
          expect(final.status).toBe(200);
          ({ state } = JSON.parse(body));
        }
        expectMade(await curl([...unknown, `${location}/outcome`]));
        expect(slow.runs).toBe(1);
      });
    });
  });
}

describeWith(["nginx", "curl"], "the middleware behind nginx that it is not told of", () => {
  const http10 = (snippet: string) => snippet.replace(/^ *proxy_http_version 1.1;\n/m, "");

  test("over HTTP/1.0, which was its default, sends no 102, asked or not (RFC 9110 §15.2)", async () => {
    const upstreamPort = await app(expressApp(root, { every: 10 }));
    const proxy = await before(nginx, { upstreamPort, change: http10 });
    const answer = await curl([...asking, `${proxy.url}packs`]);
    expect(answer.interims).toEqual([]);
    expect(JSON.parse(answer.body)).toMatchObject({ files });
  });

  test("over connections that it keeps loses the answer of who asks, which the same key gets without asking", async () => {
    const slow = await service({ every: 10 }, async () => {
      await delay(300);
    });
    const kept = 'proxy_set_header Connection "";';
    const change = (snippet: string) => exchange(snippet, 'proxy_set_header Forwarded "";', kept);
    const proxy = await before(nginx, { upstreamPort: slow.port, timeoutS: 1, change });
    const key = ["-H", `Idempotency-Key: "${randomUUID()}"`];
    const { code, stdout } = await run("curl", ["-sS", "-i", "-m", "10", ...asking, ...key, proxy.url]);
    expect(code).not.toBe(0);
    expect(stdout).not.toContain('{"made":true}');
    expectMade(await curl(["-X", "POST", ...key, proxy.url]));
    expect(slow.runs).toBe(1);
  });

  test("but is: the example of docs/how-to/proxies.md gives URLs of its own origin, and no 102", async () => {
    const proxy = await before(nginx, { upstreamPort: await app(behindNginxApp(root)) });
    const accepted = await curl(["-X", "POST", "-H", "Prefer: respond-async, wait=0", `${proxy.url}packs`]);
    expect(accepted.final.status).toBe(202);
    expect(field(accepted.final, "location")).toMatch(
      /^https:\/\/api\.example\.com\/\.meanwhile\/operations\//,
    );
    const asked = await curl([...asking, `${proxy.url}packs`]);
    expect(asked.interims).toEqual([]);
    expect(JSON.parse(asked.body)).toMatchObject({ files });
  });
});
