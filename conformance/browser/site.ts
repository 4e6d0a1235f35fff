/** A web site with a page that has the client, and a WebDAV server beside it. */
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler, type DavHandlerOptions } from "@meanwhile/server";
import type { Tree } from "@meanwhile/server/store";
import { createMemoryLockStore, createMemoryTree, slowTree } from "@meanwhile/server/testing";
import { build } from "rolldown";

/** A program for browsers and all that it imports as one file, as people's bundlers make it. */
export async function bundle(program: string): Promise<string> {
  const { output } = await build({
    input: fileURLToPath(new URL(`../../${program}`, import.meta.url)),
    write: false,
    platform: "browser",
    resolve: { conditionNames: ["@meanwhile/source", "import", "default"] },
    output: { format: "esm", minify: true },
  });
  const [chunk] = output;
  if (output.length !== 1 || chunk.imports.length > 0) throw new Error(`${program} does not become one file`);
  return chunk.code;
}

/** Lets steps pass, one by one, and tells how many did. */
export class StepGate {
  #allowed = Number.POSITIVE_INFINITY;
  #wake: (() => void)[] = [];
  /** Steps that were taken, or are about to be. */
  passed = 0;
  /** Called as each arrives, before it waits. */
  onArrival: () => void = () => undefined;

  /** From now on that many may pass. */
  allow(steps: number): void {
    this.passed = 0;
    this.allowUpTo(steps);
  }

  allowUpTo(steps: number): void {
    this.#allowed = steps;
    for (const wake of this.#wake.splice(0)) wake();
  }

  async pass(): Promise<void> {
    this.onArrival();
    while (this.passed >= this.#allowed) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
    this.passed += 1;
  }
}

export interface Site {
  readonly origin: string;
  /** The tree behind, which is not slow. */
  readonly tree: Tree;
  /** Where members of a COPY, MOVE or DELETE wait. */
  readonly gate: StepGate;
  /** Where bytes of documents wait, a chunk at a time. */
  readonly bytes: StepGate;
  /** Requests to the WebDAV server since the last call, the pages' own left out. */
  take(): readonly SeenRequest[];
  /** Resets every connection. */
  cut(): void;
  stop(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

export interface SiteOptions extends Pick<DavHandlerOptions, "cors" | "authenticate"> {
  /** Scripts by their path; the pages import /client.js. */
  readonly scripts: ReadonlyMap<string, string>;
  /** Answers some requests instead of the WebDAV server. */
  readonly routes?: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>>;
}

/** Starts it on a free port of 127.0.0.1: the page is at /page.html, scripts where they should be, WebDAV everywhere else. */
export async function startSite({ scripts, routes = {}, ...options }: SiteOptions): Promise<Site> {
  const tree = createMemoryTree();
  const gate = new StepGate();
  const bytes = new StepGate();
  const seen: SeenRequest[] = [];
  const handler = createDavHandler({
    ...options,
    tree: slowTree(tree, async (step) => {
      if (step === "member") await gate.pass();
      if (step === "bytes") await bytes.pass();
    }),
    locks: createMemoryLockStore({ clock: Date.now }),
    operations: createOperations(),
  });
  const listener: RequestListener = (request, response) => {
    const url = request.url ?? "/";
    const page = url === "/page.html" ? emptyPage : scripts.get(url);
    if (page !== undefined && request.method === "GET") {
      const type = page === emptyPage ? "text/html" : "text/javascript";
      response.writeHead(200, { "Content-Type": type }).end(page);
      return;
    }
    seen.push({ method: request.method ?? "", url, headers: request.headers });
    const route = routes[url];
    if (route === undefined) handler(request, response);
    else route(request, response);
  };
  const server = createServer(listener);
  const origin = await listen(server);
  return {
    origin,
    tree,
    gate,
    bytes,
    take: () => seen.splice(0),
    cut: () => server.closeAllConnections(),
    async stop() {
      for (const held of [gate, bytes]) held.allowUpTo(Number.POSITIVE_INFINITY);
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await handler.close();
    },
  };
}

const emptyPage = '<!doctype html><title>files</title><link rel="icon" href="data:,">';

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
