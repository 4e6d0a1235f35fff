/**
 * What `processing()` adds, on node:http and on Fastify, bare against mounted: to a request that is answered at once
 * the server's CPU, in interleaved runs; to one that waits its memory. Needs the build.
 *
 *   node --conditions=@meanwhile/built benchmarks/middleware.mjs [--runs N] [--requests N] [--waiting N]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const kinds = ["node bare", "node mounted", "fastify bare", "fastify mounted"];
const connections = 16;
/** Of a run. */
const turns = 10;

if (process.send) await serve(process.argv[2]);
else await measure();

async function serve(kind) {
  const listen = kind.startsWith("node") ? await nodeServer(kind) : await fastifyServer(kind);
  process.on("message", (what) => {
    if (what === "cpu") {
      const { user, system } = process.cpuUsage();
      process.send(user + system);
      return;
    }
    globalThis.gc();
    globalThis.gc();
    process.send(process.memoryUsage().heapUsed);
  });
  process.send({ port: await listen() });
}

async function nodeServer(kind) {
  const answer = (request, response) => {
    if (request.url === "/wait") return;
    response.setHeader("Content-Type", "application/json");
    response.end('{"made":"it"}');
  };
  const { processing } = await import("../packages/middleware/dist/node.js");
  const server = createServer(kind.endsWith("mounted") ? processing()(answer) : answer);
  return async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    return server.address().port;
  };
}

async function fastifyServer(kind) {
  const { default: createFastify } = await import("fastify");
  const { processing } = await import("../packages/middleware/dist/fastify.js");
  const app = createFastify();
  if (kind.endsWith("mounted")) app.register(processing());
  app.post("/", async () => ({ made: "it" }));
  app.post("/wait", () => new Promise(() => undefined));
  return async () => {
    await app.listen({ port: 0, host: "127.0.0.1" });
    return app.server.address().port;
  };
}

async function measure() {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "9" },
      requests: { type: "string", default: "20000" },
      waiting: { type: "string", default: "5000" },
    },
  });
  // As many on each connection in each turn.
  const each = Math.ceil(Number(values.requests) / turns / connections);
  const requests = each * turns * connections;
  const waiting = Number(values.waiting);
  const servers = new Map();
  for (const kind of kinds) {
    const child = fork(fileURLToPath(import.meta.url), [kind], {
      execArgv: [...process.execArgv, "--expose-gc"],
    });
    const [{ port }] = await once(child, "message");
    servers.set(kind, { child, port, figures: [] });
    await load(port, each * turns);
  }
  for (let run = 0; run < Number(values.runs); run += 1) {
    const used = new Map(kinds.map((kind) => [kind, 0]));
    // A shared machine is at times slower than at others: each run goes round in small turns.
    for (let turn = 0; turn < turns; turn += 1) {
      for (const [kind, { child, port }] of servers) {
        const before = await usedBy(child, "cpu");
        await load(port, each);
        used.set(kind, used.get(kind) + (await usedBy(child, "cpu")) - before);
      }
    }
    for (const [kind, { figures }] of servers) figures.push(used.get(kind) / requests);
  }
  for (const server of servers.values()) server.heap = await heapWaiting(server, waiting);
  for (const { child } of servers.values()) child.kill("SIGKILL");

  console.log(
    `Node ${process.version}; ${values.runs} interleaved runs of ${requests} requests; ${waiting} waiting\n`,
  );
  console.log("| | bare | mounted | added | waiting: bare | mounted |");
  console.log("|---|---|---|---|---|---|");
  for (const [name, title] of [
    ["node", "node:http"],
    ["fastify", "Fastify"],
  ]) {
    const bare = servers.get(`${name} bare`);
    const mounted = servers.get(`${name} mounted`);
    const added = mounted.figures.map((figure, run) => figure - bare.figures[run]);
    const times = [bare.figures, mounted.figures, added].map((figures) => `${median(figures).toFixed(1)} µs`);
    const heaps = [bare, mounted].map(({ heap }) => `${(heap / 1024).toFixed(1)} KiB`);
    console.log(`| ${[title, ...times, ...heaps].join(" | ")} |`);
  }
}

/** What the process has used: of "cpu" microseconds, of "heap" bytes. */
async function usedBy(child, what) {
  child.send(what);
  const [figure] = await once(child, "message");
  return figure;
}

/** Bytes of heap a request, where so many wait at once, a connection each. */
async function heapWaiting({ child, port }, requests) {
  const before = await usedBy(child, "heap");
  const sockets = [];
  for (let number = 0; number < requests; number += 1) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write("POST /wait HTTP/1.1\r\nHost: a\r\nPrefer: processing\r\nContent-Length: 0\r\n\r\n");
    socket.resume();
    sockets.push(socket);
  }
  await delay(2_000);
  const after = await usedBy(child, "heap");
  for (const socket of sockets) socket.destroy();
  return (after - before) / requests;
}

/** One request after the other on each connection. */
async function load(port, each) {
  const bytes = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, "127.0.0.1");
      let left = each;
      socket.write(bytes);
      for await (const _answer of socket) {
        left -= 1;
        if (left <= 0) break;
        socket.write(bytes);
      }
    }),
  );
}

function median(figures) {
  return [...figures].sort((one, other) => one - other)[Math.floor(figures.length / 2)];
}
