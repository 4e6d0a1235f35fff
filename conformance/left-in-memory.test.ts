/** What requests leave in V8's old generation, until its next full collection: decision 0170. It does not grow unseen. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const binary = fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));
const reporter = fileURLToPath(new URL("heap-reporter.mjs", import.meta.url));

/** Before what is counted: code is compiled, and what is bounded is full. */
const warmUps = 3_000;
const counted = 4_000;
const connections = 8;

test.each([
  // Before it was looked after, a GET left 4 KB.
  ["GET", "/five.txt", 2_000],
  ["OPTIONS", "/five.txt", 2_000],
])(
  "a %s leaves next to nothing in the old generation",
  async (method, path, mostBytes) => {
    const { port, oldBytes } = await serve();
    await load(port, method, path, warmUps);
    const before = await oldBytes();
    await load(port, method, path, counted);
    const left = ((await oldBytes()) - before) / counted;
    expect(left).toBeLessThan(mostBytes);
  },
  120_000,
);

async function serve() {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-left-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const folder = join(place, "folder");
  mkdirSync(folder);
  writeFileSync(join(folder, "five.txt"), "hello");
  // No full collection within the test, which would take away what is counted.
  const flags = ["--initial-old-space-size=1024", "--import", reporter];
  const options = ["--listen", "127.0.0.1:0", "--state", join(place, "state"), "--log-level", "error"];
  const server = spawn(process.execPath, [...flags, binary, "serve", folder, ...options], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  onTestFinished(async () => {
    const ended = once(server, "exit");
    server.kill();
    await ended;
  });
  let said = "";
  for await (const text of server.stdout?.setEncoding("utf8").iterator({ destroyOnReturn: false }) ?? []) {
    said += text;
    const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? [];
    if (port === undefined) continue;
    const oldBytes = async (): Promise<number> => {
      server.send("?");
      const [bytes] = await once(server, "message");
      return Number(bytes);
    };
    return { port, oldBytes };
  }
  throw new Error(`the server does not listen: ${said}`);
}

async function load(port: string, method: string, path: string, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let asked = 0;
  const one = async (): Promise<void> => {
    while (asked < count) {
      asked += 1;
      const sent = request({ host: "127.0.0.1", port, method, path, agent }).end();
      const [response] = await once(sent, "response");
      for await (const _ of response);
      expect(response.statusCode).toBeLessThan(300);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  agent.destroy();
}
