/** The snippets of the documentation are parts of programs that run here. */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { request as ask, createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { operationOf, processing } from "@meanwhile/middleware/node";
import { expect, onTestFinished, test } from "vitest";
import { firstApp } from "./first.ts";
import { order } from "./follow.ts";
import { reportsApp } from "./reports.ts";
import { placeOrder } from "./retry.ts";

const root = new URL("../", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), "utf8");
const named = (folder: string, end: string) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith(end) && !name.endsWith(`.test${end}`))
    .map((name) => folder + name);

const programs = named("examples/", ".ts").map((name) => paragraphs(read(name)).map((part) => `\n${part}\n`));
const pages = ["docs/start/", "docs/how-to/", "docs/reference/", "docs/why/"].flatMap((folder) =>
  named(folder, ".md"),
);
const snippets = ["README.md", ...pages].flatMap((page) =>
  [...read(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => ({ page, text })),
);

test.each(snippets)("a snippet of $page is part of a program: $text", ({ text }) => {
  const parts = paragraphs(text);
  expect(parts.length).toBeGreaterThan(0);
  const holding = programs.filter((program) =>
    parts.every((part) => program.some((paragraph) => paragraph.includes(`\n${part}\n`))),
  );
  expect(holding.length, "no program in examples/ has these lines").toBeGreaterThan(0);
});

/** Lines between empty ones, without what they are indented by. */
function paragraphs(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .join("\n")
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

test("the first program of docs/start/middleware.md answers, and tells how far it is to whoever asks", async () => {
  const rows = ["one", "two", "three"];
  const done: string[] = [];
  let goOn: () => void = () => undefined;
  const accepted = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const build = async (row: string) => {
    done.push(row);
    await accepted;
  };
  const origin = await start(reportsApp((_request, _response, next) => next(), rows, build));
  const response = await fetch(`${origin}/reports`, { method: "POST", headers: { Prefer: "respond-async" } });
  expect(response.status).toBe(202);
  expect(done).toEqual(["one"]);
  goOn();
  const document = await fetch(response.headers.get("location") ?? "", { headers: { Prefer: "wait=60" } });
  expect(await document.json()).toMatchObject({ progress: { done: 3, total: 3 }, outcome: { status: 200 } });
  expect(done).toEqual(rows);
});

test("the first program of README.md sends a 102 with an address at once, to whoever asks", async () => {
  const origin = await start(createServer(firstApp()));
  const asking = ask(`${origin}/reports`, { method: "POST", headers: { Prefer: "processing" } });
  asking.on("error", () => undefined); // it is broken off in the end
  onTestFinished(() => void asking.destroy());
  const told = once(asking, "information");
  asking.end();
  const [{ statusCode, headers }] = await told;
  expect(statusCode).toBe(102);
  const document = await fetch(headers.location);
  expect(await document.json()).toMatchObject({ state: "running", method: "POST" });
});

async function start(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A service that loses its first connection, and whose handler counts. */
async function orders() {
  let runs = 0;
  const slow = processing({ principal: () => "ann" });
  const connections: Socket[] = [];
  const server = createServer(
    slow((_request, response) => {
      runs += 1;
      connections[0]?.destroy();
      response.writeHead(201, { "Content-Type": "application/json" }).end(JSON.stringify({ order: runs }));
    }),
  );
  server.on("connection", (connection) => void connections.push(connection));
  return { origin: await start(server), runs: () => runs };
}

test("the page of docs/how-to/retries.md orders once, though the connection is lost", async () => {
  const { origin, runs } = await orders();
  const kept = new Map<string, string>();
  const store = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
  const pauses: number[] = [];
  const response = await placeOrder(
    `${origin}/orders`,
    { tea: 1 },
    store,
    async (ms) => void pauses.push(ms),
  );
  expect([response.status, await response.json()]).toEqual([201, { order: 1 }]);
  expect([runs(), kept.size]).toEqual([1, 0]);
  expect(pauses.length).toBeGreaterThan(0);
});

test("the page of docs/how-to/follow.md shows how far it is, and gets the answer", async () => {
  const bar = { max: 0, value: 0 };
  const slow = processing({ principal: () => "ann" });
  let finish: () => void = () => undefined;
  const shown = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const origin = await start(
    createServer(
      slow(async (_request, response) => {
        operationOf(response).progress(1, 2, "rows");
        await shown;
        response.end("a report");
      }),
    ),
  );
  /** Reads the stream with fetch, as browsers do by themselves. */
  class Events {
    readonly #listeners = new Map<string, (event: { readonly data: string }) => void>();
    readonly #leaving = new AbortController();
    constructor(url: string) {
      void this.#read(url).catch(() => undefined);
    }
    async #read(url: string): Promise<void> {
      const headers = { Accept: "text/event-stream" };
      const { body } = await fetch(url, { headers, signal: this.#leaving.signal });
      let text = "";
      for await (const piece of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
        text += piece;
        const events = text.split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) this.#tell(event);
      }
    }
    #tell(event: string): void {
      const [, name = ""] = /^event: (.*)$/m.exec(event) ?? [];
      const [, data = ""] = /^data: (.*)$/m.exec(event) ?? [];
      this.#listeners.get(name)?.({ data });
      if (bar.value === 1) finish();
    }
    addEventListener(name: string, listener: (event: { readonly data: string }) => void): void {
      this.#listeners.set(name, listener);
    }
    close(): void {
      this.#leaving.abort();
    }
  }
  const response = await order(`${origin}/reports`, bar, Events);
  expect([bar, await response.text()]).toEqual([{ max: 2, value: 1 }, "a report"]);
});
