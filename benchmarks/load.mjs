/** Load, and how fast it was answered. */
import { spawn } from "node:child_process";
import { Agent, request } from "node:http";

/** Requests a second that wrk gets answered. */
export async function wrk(url, { connections, ms, script }) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const args = [
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    ...(script === undefined ? [] : ["-s", script]),
    url,
  ];
  const text = await new Promise((resolve, reject) => {
    const child = spawn("wrk", args);
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    child.on("error", reject).on("close", () => resolve(said));
  });
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1];
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  if (refused !== undefined || !(perSecond > 0)) throw new Error(`wrk: ${refused ?? text} refused`);
  return perSecond;
}

/**
 * Connections that each do one step after the other for some time. @returns steps a second, of all together
 * @param step (ask, connection, number) => Promise
 */
export async function steps({ connections, ms }, step) {
  const ends = performance.now() + ms;
  const started = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: connections }, async (_, connection) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        for (let number = 0; performance.now() < ends; number += 1) {
          await step((...args) => ask(agent, ...args), connection, number);
          done += 1;
        }
      } finally {
        agent.destroy();
      }
    }),
  );
  return (1000 * done) / (performance.now() - started);
}

/** One request on a connection of its own. @returns milliseconds */
export async function timed(method, url, good, headers = {}, content = "") {
  const agent = new Agent({ keepAlive: true });
  try {
    const started = performance.now();
    const answer = await ask(agent, method, url, good, headers, content);
    return { ...answer, ms: performance.now() - started };
  } finally {
    agent.destroy();
  }
}

/** How long GETs take, one after the other, while something else goes on. @returns the 99th percentile in milliseconds */
export async function p99(url, ms) {
  const took = [];
  await steps({ connections: 1, ms }, async (get) => {
    const started = performance.now();
    await get("GET", url, [200]);
    took.push(performance.now() - started);
  });
  took.sort((one, other) => one - other);
  return took[Math.floor((took.length - 1) * 0.99)];
}

function ask(agent, method, url, good, headers = {}, content = "") {
  return new Promise((resolve, reject) => {
    const length = content === "" ? {} : { "Content-Length": Buffer.byteLength(content) };
    const asked = request(url, { method, agent, headers: { ...headers, ...length } }, (response) => {
      let text = "";
      let bytes = 0;
      response.on("data", (chunk) => {
        bytes += chunk.length;
        if (bytes < 256 * 1024 * 1024 && response.statusCode === 207) text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        if (good.includes(response.statusCode)) resolve({ bytes, text, headers: response.headers });
        else reject(new Error(`${method} ${new URL(url).pathname}: ${response.statusCode}`));
      });
    });
    asked.on("error", reject);
    asked.end(content);
  });
}
