// @ts-check
/** Programs of others that are started for a test or a benchmark, and that end with it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";

/** Time to accept connections, and later to end, in milliseconds. */
const patienceMs = 20_000;

/** Another program may take a port between our finding it free and the start. */
const tries = 3;

/**
 * @typedef {{ readonly program: string, readonly args: readonly string[], readonly environment?: Readonly<Record<string, string>> }} Command
 *
 * @typedef {object} Foreground
 * @property {number} port where it listens, on 127.0.0.1
 * @property {number} pid
 * @property {() => string} log what it has printed so far
 * @property {() => Promise<void>} stop asks it to end, and waits for that; may be called twice
 */

/**
 * Starts a program that stays in the foreground, on a free port of 127.0.0.1, and waits until it accepts connections.
 *
 * @param {(port: number) => Command} command writes its configuration, where it has one
 * @param {string} place its current directory; what it prints is kept there, in the file "printed"
 * @returns {Promise<Foreground>}
 * @throws an error with all it printed, where it ends or does not listen
 */
export async function startForeground(command, place) {
  for (let left = tries; ; left -= 1) {
    const port = await freePort();
    try {
      return await startOnce(command(port), place, port);
    } catch (error) {
      if (left <= 1 || !/address already in use|cannot bind/i.test(String(error))) throw error;
    }
  }
}

const isRoot = process.getuid?.() === 0;

/** The user that Debian's servers become where root starts them; undefined where it is not root that does. */
export const serverUser = isRoot ? "www-data" : undefined;

/**
 * Makes files those of {@link serverUser}, with all that is in them.
 *
 * @param {string} path
 */
export function giveToServer(path) {
  if (serverUser === undefined) return;
  const { status, stderr } = spawnSync("chown", ["-R", `${serverUser}:`, path], { encoding: "utf8" });
  if (status !== 0) throw new Error(`chown: ${stderr}`);
}

/**
 * @param {Command} command
 * @param {string} place
 * @param {number} port
 * @returns {Promise<Foreground>}
 */
async function startOnce({ program, args, environment }, place, port) {
  // A file: what Apache calls /dev/stderr it opens by name, which a pipe of Node's does not bear.
  const file = join(place, "printed");
  const printed = openSync(file, "a");
  const child = spawn(program, args, {
    cwd: place,
    env: { ...process.env, ...environment },
    stdio: ["ignore", printed, printed],
  });
  closeSync(printed);
  const log = () => readFileSync(file, "utf8");
  let ended = false;
  const end = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", resolve);
  }).then(() => {
    ended = true;
  });
  const stop = async () => {
    if (ended) return;
    const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    child.kill("SIGTERM");
    await end;
    clearTimeout(timer);
  };
  const deadline = performance.now() + patienceMs;
  while (!(await accepts(port))) {
    if (ended || performance.now() > deadline) {
      await stop();
      throw new Error(`${[program, ...args].join(" ")} does not listen:\n${log()}`);
    }
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  if (ended) throw new Error(`${[program, ...args].join(" ")} ended:\n${log()}`);
  return { port, pid: child.pid ?? 0, log, stop };
}

/** @param {number} port */
async function accepts(port) {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
