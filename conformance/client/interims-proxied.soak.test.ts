/** Interim responses: none, one, many, and large ones; behind proxies, and behind one that breaks them. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { operationOf, processing } from "@meanwhile/middleware/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeWith } from "../judge.ts";
import { apache } from "../proxies/apache.ts";
import { haproxy } from "../proxies/haproxy.ts";
import { nginx } from "../proxies/nginx.ts";
import { type ProxyKind, startProxy } from "../proxies/proxy.ts";
import { exchange } from "../proxies/snippet.ts";
import { interimsIn, startRecorder } from "../recorder.ts";
import { ask, expectAll } from "./heard.ts";
import { startInterimServer } from "./interim-server.ts";
import { connect } from "./sites.ts";

describe("the client, behind a proxy", () => {
  async function before(kind: ProxyKind): Promise<{ readonly url: string }> {
    const server = await startInterimServer("HTTP/1.1");
    onTestFinished(() => server.stop());
    const proxy = await startProxy(kind, { upstreamPort: server.port });
    onTestFinished(() => proxy.stop());
    return proxy;
  }

  describeWith(["haproxy"], "HAProxy", () => {
    test("sees 200 small ones", async () => {
      expectAll(await ask(await before(haproxy), 200, 100), 200, 100);
    });
  });

  describeWith(["apache"], "Apache", () => {
    test("sees 9, as many as it relays", async () => {
      expectAll(await ask(await before(apache), 9, 100), 9, 100);
    });
  });
});

describeWith(["nginx"], "the client, behind an nginx that breaks interim responses", () => {
  test("comes back without asking for them, gets the outcome of the one run, and asks for none from then on", async () => {
    let runs = 0;
    const service = processing({ every: 10 });
    const server = createServer(
      service(async (incoming, response) => {
        if (incoming.method === "POST") {
          runs += 1;
          for (let step = 1; step <= 10; step += 1) {
            await delay(40);
            operationOf(response).progress(step, 10);
          }
        }
        response.writeHead(incoming.method === "POST" ? 201 : 204).end();
      }),
    );
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
      service.close();
    });
    const recorder = await startRecorder((server.address() as AddressInfo).port);
    onTestFinished(() => recorder.stop());
    // As its versions from 1.29.7 on have it by default.
    const change = (snippet: string) =>
      exchange(snippet, 'proxy_set_header Forwarded "";', 'proxy_set_header Connection "";');
    const upstreamPort = Number(new URL(recorder.url).port);
    const proxy = await startProxy(nginx, { upstreamPort, timeoutS: 1, change });
    onTestFinished(() => proxy.stop());

    const dav = connect(proxy.url);
    onTestFinished(() => dav.close());
    expect((await dav.start("POST", "").outcome).status).toBe(201);
    expect(interimsIn(recorder.take())).toBeGreaterThan(0);
    expect(runs).toBe(1);

    // Nothing tells it to ask for none but the loss of the first answer.
    expect((await dav.start("POST", "").outcome).status).toBe(201);
    expect(interimsIn(recorder.take())).toBe(0);
    expect(runs).toBe(2);
  });
});
