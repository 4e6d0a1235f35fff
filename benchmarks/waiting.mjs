/**
 * How much a request costs that waits for its operation, and how late interim responses are when many wait: against a
 * bare Node server that holds as many responses, over HTTP/1.1 (a connection each) and HTTP/2 (1,000 streams a
 * connection). Needs the build.
 *
 *   node benchmarks/waiting.mjs [--requests N]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connect2, createServer as createServer2 } from "node:http2";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const afterMs = 12_000;
const everyMs = 5_000;
/** Requests come over this time, so that their interim responses are not all due at once. */
const comingMs = 10_000;
const streams = 1_000;

if (process.send) await serve(process.argv[2], process.argv[3]);
else await measure();

async function serve(kind, protocol) {
  const listener = kind === "bare" ? holdAll() : await waitAll();
  const server = protocol === "HTTP/2" ? createServer2() : createServer({ requestTimeout: 0 });
  const late = { first: [], later: [] };
  if (kind !== "bare") server.on("request", (_request, response) => watch(response, late));
  server.on("request", listener);
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 });
  await once(server, "listening");
  process.on("message", () => {
    globalThis.gc();
    globalThis.gc();
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    process.send({ rss, heapUsed, cpuMs: (user + system) / 1000, late });
  });
  process.send({ port: server.address().port });
}

/** Notes how late the interim responses of one request are handed over, from when the request was there. */
function watch(response, late) {
  let dueMs = performance.now() + afterMs;
  let first = true;
  const note = () => {
    const nowMs = performance.now();
    (first ? late.first : late.later).push(nowMs - dueMs);
    first = false;
    dueMs = nowMs + everyMs;
  };
  const writer = response.stream ?? response;
  for (const name of ["additionalHeaders", "writeInformation", "_writeRaw"]) {
    const write = writer[name];
    if (typeof write !== "function") continue;
    writer[name] = (...args) => {
      note();
      return write.apply(writer, args);
    };
  }
}

function holdAll() {
  const held = [];
  return (_request, response) => held.push(response);
}

/** A server whose MKCOL never ends. */
async function waitAll() {
  const { createOperations } = await import("@meanwhile/operations");
  const { createDavHandler } = await import("@meanwhile/server");
  const { createMemoryLockStore, createMemoryTree } = await import("@meanwhile/server/testing");
  const tree = createMemoryTree();
  tree.createCollection = () => new Promise(() => undefined);
  return createDavHandler({
    tree,
    locks: createMemoryLockStore({ clock: Date.now }),
    operations: createOperations(),
    interim: { mode: "standard", front: "none", afterMs, everyMs },
  });
}

async function measure() {
  const { values } = parseArgs({ options: { requests: { type: "string", default: "10000" } } });
  const requests = Number(values.requests);
  const rows = [];
  for (const protocol of ["HTTP/1.1", "HTTP/2"]) {
    const bare = await run("bare", protocol, requests);
    const ours = await run("ours", protocol, requests);
    rows.push({ protocol, bare, ours });
  }
  const kib = (bytes) => (bytes / requests / 1024).toFixed(1);
  console.log(`${requests} requests wait at once; Node ${process.version}\n`);
  console.log(
    "| | bare: heap, RSS, CPU a request | Meanwhile: heap, RSS, CPU a request | first 102 late: p50, p99 | later ones: p50, p99 |",
  );
  console.log("|---|---|---|---|---|");
  for (const { protocol, bare, ours } of rows) {
    const late = (numbers) => `${quantile(numbers, 0.5)} ms, ${quantile(numbers, 0.99)} ms`;
    const memory = (of) => `${kib(of.heap)} KiB, ${kib(of.rss)} KiB, ${(of.cpuMs / requests).toFixed(2)} ms`;
    console.log(
      `| ${protocol} | ${memory(bare)} | ${memory(ours)} | ${late(ours.first)} | ${late(ours.later)} |`,
    );
  }
}

async function run(kind, protocol, requests) {
  const child = fork(fileURLToPath(import.meta.url), [kind, protocol], { execArgv: ["--expose-gc"] });
  try {
    const [{ port }] = await once(child, "message");
    const ask = async () => {
      child.send("memory");
      const [answer] = await once(child, "message");
      return answer;
    };
    const before = await ask();
    const close = protocol === "HTTP/2" ? await open2(port, requests) : await open1(port, requests);
    await delay(1_000);
    const waiting = await ask();
    // Until each has had its first interim response, and two more.
    if (kind === "ours") await delay(afterMs + 2 * everyMs + 1_000);
    const { late } = await ask();
    close();
    return {
      ...late,
      heap: waiting.heapUsed - before.heapUsed,
      rss: waiting.rss - before.rss,
      cpuMs: waiting.cpuMs - before.cpuMs,
    };
  } finally {
    child.kill("SIGKILL");
  }
}

/** Does something so often, spread over the time in which requests come. */
async function spread(times, act) {
  const startedMs = performance.now();
  for (let number = 0; number < times; number += 1) {
    const aheadMs = (number / times) * comingMs - (performance.now() - startedMs);
    if (aheadMs > 5) await delay(aheadMs);
    await act(number);
  }
}

async function open1(port, requests) {
  const sockets = [];
  await spread(requests, async (number) => {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.resume();
    socket.write(`MKCOL /c${number} HTTP/1.1\r\nHost: files.example\r\n\r\n`);
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

async function open2(port, requests) {
  const sessions = [];
  await spread(requests, async (number) => {
    if (number % streams === 0) {
      const session = connect2(`http://127.0.0.1:${port}`, { peerMaxConcurrentStreams: streams });
      session.on("error", () => undefined);
      sessions.push(session);
      await once(session, "connect");
    }
    const stream = sessions
      .at(-1)
      .request({ ":method": "MKCOL", ":path": `/c${number}` }, { endStream: true });
    stream.on("error", () => undefined);
  });
  return () => {
    for (const session of sessions) session.destroy();
  };
}

function quantile(numbers, share) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
}
