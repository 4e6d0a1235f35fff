/**
 * What `processing()` adds to a request that is answered at once: CPU of the server per request, bare against mounted,
 * on node:http and on Fastify, in interleaved runs. Needs the build.
 *
 *   node benchmarks/middleware.mjs [--runs N] [--requests N]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const kinds = ["node bare", "node mounted", "fastify bare", "fastify mounted"];
const connections = 16;

if (process.send) await serve(process.argv[2]);
else await measure();

async function serve(kind) {
  const listen = kind.startsWith("node") ? await nodeServer(kind) : await fastifyServer(kind);
  process.on("message", () => process.send({ cpu: process.cpuUsage() }));
  process.send({ port: await listen() });
}

async function nodeServer(kind) {
  const answer = (_request, response) => {
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
  if (kind.endsWith("mounted")) app.register(processing);
  app.post("/", async () => ({ made: "it" }));
  return async () => {
    await app.listen({ port: 0, host: "127.0.0.1" });
    return app.server.address().port;
  };
}

async function measure() {
  const { values } = parseArgs({
    options: { runs: { type: "string", default: "9" }, requests: { type: "string", default: "20000" } },
  });
  const servers = new Map();
  for (const kind of kinds) {
    const child = fork(fileURLToPath(import.meta.url), [kind]);
    const [{ port }] = await once(child, "message");
    servers.set(kind, { child, port, figures: [] });
    await load(port, Number(values.requests));
  }
  for (let run = 0; run < Number(values.runs); run += 1) {
    for (const server of servers.values()) {
      const before = await cpuOf(server.child);
      await load(server.port, Number(values.requests));
      server.figures.push(((await cpuOf(server.child)) - before) / Number(values.requests));
    }
  }
  for (const [kind, { child, figures }] of servers) {
    console.log(`${kind}: ${median(figures).toFixed(1)} µs of CPU a request`);
    child.kill();
  }
  for (const name of ["node", "fastify"]) {
    const bare = servers.get(`${name} bare`).figures;
    const added = servers.get(`${name} mounted`).figures.map((figure, run) => figure - bare[run]);
    console.log(`${name}: ${median(added).toFixed(1)} µs added (median of ${added.length} interleaved runs)`);
  }
}

async function cpuOf(child) {
  child.send("cpu");
  const [{ cpu }] = await once(child, "message");
  return cpu.user + cpu.system;
}

/** One request after the other on each connection. */
async function load(port, requests) {
  const bytes = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
  const each = requests / connections;
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
