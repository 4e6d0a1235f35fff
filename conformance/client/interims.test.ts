/** Interim responses: none, one, many, and large ones; directly, behind proxies, and behind one that breaks them. */
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createRequester, type InterimResponse, type Requester, request } from "@meanwhile/client/request";
import { operationOf, processing } from "@meanwhile/middleware/node";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeCertificate } from "../certificate.ts";
import { describeWith } from "../judge.ts";
import { apache } from "../proxies/apache.ts";
import { haproxy } from "../proxies/haproxy.ts";
import { nginx } from "../proxies/nginx.ts";
import { type ProxyKind, startProxy } from "../proxies/proxy.ts";
import { exchange } from "../proxies/snippet.ts";
import { interimsIn, startRecorder } from "../recorder.ts";
import { type InterimServer, type Protocol, startInterimServer } from "./interim-server.ts";
import { connect } from "./sites.ts";

interface Heard {
  readonly interims: readonly InterimResponse[];
  readonly text: string;
}

async function ask(
  server: { readonly url: string },
  interims: number,
  bytes: number,
  requester?: Requester,
): Promise<Heard> {
  const heard: InterimResponse[] = [];
  const response = await request(`${server.url}?interims=${interims}&bytes=${bytes}`, {
    method: "POST",
    headers: { Prefer: "processing" },
    onInterim: (interim) => heard.push(interim),
    ...(requester === undefined ? {} : { requester }),
  });
  return { interims: heard, text: await response.text() };
}

/** In order, none missing, each whole. */
function expectAll({ interims, text }: Heard, count: number, bytes: number): void {
  expect(text).toBe(`after ${count}`);
  expect(interims.map(({ headers }) => headers.get("progress"))).toEqual(
    Array.from({ length: count }, (_, index) => `${index + 1}/${count}`),
  );
  for (const [index, { status, headers }] of interims.entries()) {
    expect(status).toBe(102);
    expect(headers.get("x-filling")?.length).toBe((index + 1) % 10 === 0 ? bytes : 10);
  }
}

const protocols: readonly Protocol[] = ["HTTP/1.1", "HTTP/1.1 with TLS", "HTTP/2", "HTTP/2 with TLS"];
const largest = 15 * 1024;

describe("the client, directly", () => {
  describe.each(protocols)("over %s", (protocol) => {
    let place: string;
    let server: InterimServer;
    let requester: Requester;
    beforeAll(async () => {
      place = await mkdtemp(join(tmpdir(), "meanwhile-interims-"));
      const certificate = protocol.endsWith("TLS") ? await makeCertificate(place) : undefined;
      server = await startInterimServer(protocol, certificate);
      requester = createRequester({
        proxy: false,
        http2: protocol === "HTTP/2" ? "prior-knowledge" : protocol === "HTTP/2 with TLS",
        ...(certificate ? { tls: { ca: await readFile(certificate.certificate) } } : {}),
      });
    });
    afterAll(async () => {
      await requester?.close();
      await server?.stop();
      await rm(place, { recursive: true, force: true });
    });

    test.each([
      [0, 10],
      [1, 10],
      [10, largest],
      [200, 1000],
      [200, largest],
      [5000, 10],
      [5000, largest],
    ])(
      "sees %d interim responses, those that are large of %d bytes, and the final one (RFC 9110 §15.2)",
      async (count, bytes) => {
        expectAll(await ask(server, count, bytes, requester), count, bytes);
      },
    );

    test("after them the same connection is used again", async () => {
      for (const count of [3, 0, 3]) expectAll(await ask(server, count, 100, requester), count, 100);
    });
  });
});

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
    const service = processing(undefined, { every: 10 });
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
