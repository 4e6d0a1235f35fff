/** Long requests over real connections, to the real middleware and the real WebDAV server. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parsePath } from "@meanwhile/dav";
import { operationOf, processing } from "@meanwhile/middleware/node";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler } from "@meanwhile/server";
import { createMemoryLockStore, createMemoryTree, slowTree } from "@meanwhile/server/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../create-client.ts";
import { realSurroundings } from "../repeat/surroundings.ts";
import { createRequester } from "../send/requester.ts";
import { cuttingHop, pseudoRandom } from "../testing/cutting-hop.ts";
import type { LongRequest, RequestProgress } from "./long-request.ts";
import type { LongRequestContext, LongRequestPlan } from "./long-request-plan.ts";
import { type ServerMemory, serverMemory } from "./server-memory.ts";
import { startLongRequest } from "./start-long-request.ts";
import { type RelayingHop, relayingHop } from "./testing/relaying-hop.ts";
import { watchOperation } from "./watch-operation.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

async function hopTo(target: number, relays?: (bytes: Buffer) => Buffer | true): Promise<RelayingHop> {
  const hop = await relayingHop(target, relays);
  closing.push(() => hop.close());
  return hop;
}

interface Client {
  readonly context: LongRequestContext;
  start(method: string, path: string, plan?: Partial<LongRequestPlan<Response>>): LongRequest<Response>;
}

function clientOf(port: number, memory?: ServerMemory): Client {
  const requester = createRequester({ proxy: false });
  closing.push(() => requester.close());
  const base = new URL(`http://127.0.0.1:${port}/`);
  const context: LongRequestContext = {
    send: requester.send,
    memory: memory ?? serverMemory(requester.send, base),
    // It does not wait long.
    surroundings: { ...realSurroundings, random: () => 0.002 },
  };
  return {
    context,
    start: (method, path, plan = {}) =>
      startLongRequest(context, {
        method,
        url: new URL(path, base),
        headers: new Headers(),
        read: async (response) => response,
        ...plan,
      }),
  };
}

/** Works until it is told to end. */
class Gate {
  #open: () => void = () => undefined;
  readonly passed = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  open(): void {
    this.#open();
  }
}

interface Service {
  readonly port: number;
  /** How often the handler ran. */
  readonly runs: number;
  readonly gate: Gate;
}

async function middlewareService(): Promise<Service> {
  const gate = new Gate();
  let runs = 0;
  const handler = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let length = 0;
    for await (const bytes of request) length += bytes.length;
    if (request.url === "/quick" || request.method === "OPTIONS") {
      response.end();
      return;
    }
    runs += 1;
    const operation = operationOf(response);
    operation.progress(1, 3, "rows");
    await Promise.race([gate.passed, once(operation.signal, "abort")]);
    if (operation.signal.aborted) throw new Error("told to stop");
    operation.progress(3, 3, "rows");
    response.writeHead(201, { "Content-Type": "text/plain" });
    response.end(`made of ${length}`);
  };
  const app = processing({ operations: createOperations(), after: "20ms", every: "20ms" });
  closing.push(() => app.close());
  const port = await listen(createServer(app(handler)));
  return {
    port,
    gate,
    get runs() {
      return runs;
    },
  };
}

async function told(request: LongRequest<unknown>): Promise<void> {
  await vi.waitFor(() => expect(request.url).toBeDefined(), { interval: 2, timeout: 20_000 });
}

async function answerOf(request: LongRequest<Response>): Promise<string> {
  const response = await request.outcome;
  return `${response.status} ${await response.text()}`;
}

describe("to a service with the middleware", () => {
  const post = { content: "content" };

  test("102s tell how far it is, and the answer comes on the same connection", async () => {
    const service = await middlewareService();
    const request = clientOf(service.port).start("POST", "/work", post);
    const seen: RequestProgress[] = [];
    for await (const progress of request.progress) {
      seen.push(progress);
      if (progress.done === 1) service.gate.open();
    }
    expect(seen).toContainEqual({ stage: "processing", done: 1, total: 3, remark: "rows", failures: 0 });
    expect(await answerOf(request)).toBe("201 made of 7");
    expect(service.runs).toBe(1);
  });

  test("a connection that is cut ten times costs nothing but time", async () => {
    const service = await middlewareService();
    const hop = await hopTo(service.port);
    const request = clientOf(hop.port).start("POST", "/work", post);
    await told(request);
    for (let cuts = 0; cuts < 10; cuts += 1) {
      const { passed } = hop;
      hop.cut();
      await vi.waitFor(() => expect(hop.passed).toBeGreaterThan(passed), { interval: 2, timeout: 20_000 });
    }
    service.gate.open();
    expect(await answerOf(request)).toBe("201 made of 7");
    expect(service.runs).toBe(1);
  });

  test.each([2, 3])("connections that are cut anywhere, ten times (%d)", async (seed) => {
    const service = await middlewareService();
    const random = pseudoRandom(seed * 7919);
    let cutting = false;
    const hop = await cuttingHop(service.port, (cuts) =>
      cutting && cuts < 10 ? 1 + Math.floor(random() * 400) : undefined,
    );
    closing.push(() => hop.close());
    const client = clientOf(hop.port);
    await client.start("POST", "/quick").outcome;
    cutting = true;
    // The connection that is there already would be the one that is not cut.
    const request = clientOf(hop.port, client.context.memory).start("POST", "/work", post);
    await vi.waitFor(() => expect(hop.cuts).toBe(10), { interval: 2, timeout: 20_000 });
    service.gate.open();
    expect(await answerOf(request)).toBe("201 made of 7");
    expect(service.runs).toBe(1);
  });

  test("cut before anything was told: sent again with its key, which joins", async () => {
    const service = await middlewareService();
    let mute = false;
    const hop = await hopTo(service.port, () => (mute ? Buffer.alloc(0) : true));
    const client = clientOf(hop.port);
    await client.start("POST", "/quick").outcome;
    mute = true;
    // That answers are kept is said by OPTIONS of its URL.
    const request = client.start("POST", "/work", post);
    await vi.waitFor(() => expect(service.runs).toBe(1), { interval: 2, timeout: 20_000 });
    mute = false;
    hop.cut();
    await told(request);
    service.gate.open();
    expect(await answerOf(request)).toBe("201 made of 7");
    expect(service.runs).toBe(1);
  });

  test("a hop that ends a connection at the first 102, as today's nginx does", async () => {
    const service = await middlewareService();
    const hop = await hopTo(service.port, (bytes) => {
      const at = bytes.indexOf("HTTP/1.1 102 ");
      const end = bytes.indexOf("\r\n\r\n", at);
      return at === -1 || end === -1 ? true : bytes.subarray(0, end + 4);
    });
    const client = clientOf(hop.port);
    const first = client.start("POST", "/work", post);
    await told(first);
    await vi.waitFor(() => expect(client.context.memory.interimsBreak).toBe(true), { interval: 2 });
    expect(await Promise.race([first.outcome, undefined])).toBeUndefined();
    service.gate.open();
    expect(await answerOf(first)).toBe("201 made of 7");
    expect(service.runs).toBe(1);
    expect(await answerOf(client.start("POST", "/work", post))).toBe("201 made of 7");
    expect(service.runs).toBe(2);
  });

  test("nobody listens for a while", async () => {
    const service = await middlewareService();
    const hop = await hopTo(service.port);
    const request = clientOf(hop.port).start("POST", "/work", post);
    await told(request);
    await hop.shut();
    for await (const { comingBack } of request.progress) if (comingBack) break;
    service.gate.open();
    await hop.open();
    expect(await answerOf(request)).toBe("201 made of 7");
    expect(service.runs).toBe(1);
  });

  test("Prefer: respond-async is followed by its event stream", async () => {
    const service = await middlewareService();
    const headers = new Headers({ Prefer: "respond-async, wait=0" });
    const request = clientOf(service.port).start("POST", "/work", { ...post, headers });
    const seen: RequestProgress[] = [];
    for await (const progress of request.progress) {
      seen.push(progress);
      if (progress.done === 1) service.gate.open();
    }
    expect(seen.at(-1)).toMatchObject({ done: 3, total: 3 });
    expect(await answerOf(request)).toBe("201 made of 7");
  });

  test("cancelled: the work is told to stop, and the outcome says that it was", async () => {
    const service = await middlewareService();
    const request = clientOf(service.port).start("POST", "/work", post);
    await told(request);
    await request.cancel();
    await expect(request.outcome).rejects.toMatchObject({ name: "CancelledError" });
  });

  test("detached, and watched by another client to the end", async () => {
    const service = await middlewareService();
    const request = clientOf(service.port).start("POST", "/work", post);
    await told(request);
    const url = request.detach();
    await expect(request.outcome).rejects.toMatchObject({ name: "DetachedError", url });
    if (url === undefined) throw new Error("no URL");
    const watched = watchOperation(clientOf(service.port).context, url);
    for await (const { done } of watched.progress) if (done === 1) service.gate.open();
    expect(await answerOf(watched)).toBe("201 made of 7");
    expect(service.runs).toBe(1);
  });
});

describe("to the WebDAV server", () => {
  interface DavService {
    readonly port: number;
    readonly gate: Gate;
    /** How many members were dealt with, or are about to be. */
    readonly members: number;
  }

  async function davService(): Promise<DavService> {
    const gate = new Gate();
    const tree = createMemoryTree();
    await tree.createCollection(parsePath("/a/"), []);
    for (const name of ["1", "2", "3"]) {
      const draft = await tree.draft(parsePath(`/a/${name}`), { length: undefined });
      await draft.write(Buffer.from(name));
      await draft.commit({ modifiedMs: undefined });
    }
    let members = 0;
    const slow = slowTree(tree, (step) => {
      if (step !== "member") return Promise.resolve();
      members += 1;
      return gate.passed;
    });
    const handler = createDavHandler({
      tree: slow,
      locks: createMemoryLockStore({ clock: Date.now }),
      operations: createOperations(),
      interim: { front: "none", afterMs: 20, everyMs: 20 },
    });
    closing.push(() => handler.close());
    const port = await listen(createServer(handler));
    return {
      port,
      gate,
      get members() {
        return members;
      },
    };
  }

  /** The collection and its members, once. */
  const copied = 4;

  const copy = (client: Client, port: number): LongRequest<Response> =>
    client.start("COPY", "/a/", { headers: new Headers({ Destination: `http://127.0.0.1:${port}/b/` }) });

  test("a COPY whose connection is cut after the first 102 ends right, and was done once", async () => {
    const service = await davService();
    const hop = await hopTo(service.port);
    const request = copy(clientOf(hop.port), hop.port);
    await told(request);
    hop.cut();
    for await (const { comingBack } of request.progress) if (comingBack === undefined) break;
    service.gate.open();
    expect(await answerOf(request)).toBe("201 ");
    expect(service.members).toBe(copied);
  });

  test("a COPY of which nothing was heard: the server says in OPTIONS that it keeps answers", async () => {
    const service = await davService();
    let mute = true;
    const hop = await hopTo(service.port, () => (mute ? Buffer.alloc(0) : true));
    const request = copy(clientOf(hop.port), hop.port);
    await vi.waitFor(() => expect(service.members).toBe(1), { interval: 2, timeout: 20_000 });
    mute = false;
    hop.cut();
    await told(request);
    service.gate.open();
    expect(await answerOf(request)).toBe("201 ");
    expect(service.members).toBe(copied);
  });

  test("cancelled in the middle", async () => {
    const service = await davService();
    const request = copy(clientOf(service.port), service.port);
    await told(request);
    await request.cancel();
    service.gate.open();
    await expect(request.outcome).rejects.toMatchObject({ name: "CancelledError" });
  });
});

describe("to any other server", () => {
  test("a payment runs once, whatever reports and other servers are answered", async () => {
    let payments = 0;
    const says = { Operations: "1", DAV: "1, 2, <urn:meanwhile:operations:1>" };
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      if (request.url !== "/pay") response.writeHead(200, says).end("{}");
      else if (request.method === "OPTIONS") response.writeHead(200, { Allow: "POST" }).end();
      else {
        payments += 1;
        request.socket.destroy();
      }
    };
    const own = await listen(createServer(answer));
    const other = await listen(createServer(answer));
    const client = createClient(`http://127.0.0.1:${own}/`, { proxy: false });
    closing.push(() => client.close());
    await client.capabilities();
    await (await client.start("POST", "reports").outcome).text();
    await expect(client.watch(new URL(`http://127.0.0.1:${other}/ops/1`)).outcome).rejects.toThrow();
    await expect(client.start("POST", "pay").outcome).rejects.toMatchObject({ name: "OutcomeUnknownError" });
    expect(payments).toBe(1);
  });

  test("a request whose answer was lost is not sent twice", async () => {
    let runs = 0;
    const port = await listen(
      createServer((request, response) => {
        if (request.method === "OPTIONS") {
          response.writeHead(200, { DAV: "1,2", Allow: "OPTIONS,COPY" }).end();
          return;
        }
        runs += 1;
        request.socket.destroy();
      }),
    );
    await expect(clientOf(port).start("COPY", "/a").outcome).rejects.toMatchObject({
      name: "OutcomeUnknownError",
      cause: { name: "ConnectionError", code: "lost" },
    });
    expect(runs).toBe(1);
  });
});
