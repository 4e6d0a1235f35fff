import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The command as it is built here; MEANWHILE_BIN names another one, such as an installed one. */
const binary =
  process.env["MEANWHILE_BIN"] ??
  fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));

/** Time that the server has to say where it listens, and later to stop, before it is killed. */
const patienceMs = 20_000;

export interface ServerOptions {
  /** More arguments of `meanwhile serve`. */
  readonly args?: readonly string[];
  /** The folder to serve; default: a fresh one, which is removed in the end. */
  readonly folder?: string;
}

/** `meanwhile serve`, as it is shipped, in a process of its own. */
export interface Server {
  /** With a slash at its end. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** Its state directory. */
  readonly state: string;
  /** What it has written to standard error so far. */
  log(): string;
  /** Tells it to stop, waits for that, and removes what was made for it. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts the built command on a free port of 127.0.0.1.
 *
 * @throws an error with all its output, where it does not say that it listens
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const place = await mkdtemp(join(tmpdir(), "meanwhile-"));
  const folder = options.folder ?? join(place, "folder");
  const state = join(place, "state");
  await mkdir(folder, { recursive: true });
  const args = ["serve", folder, "--listen", "127.0.0.1:0", "--state", state, ...(options.args ?? [])];
  const child = spawn(process.execPath, [binary, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const log = () => Buffer.concat(errors).toString("utf8");
  try {
    const address = new URL(await firstLine(child, log));
    return {
      url: address.href,
      host: address.hostname,
      port: Number(address.port),
      folder,
      state,
      log,
      async stop() {
        await stopChild(child);
        await rm(place, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stopChild(child);
    await rm(place, { recursive: true, force: true });
    throw error;
  }
}

/** Waits for `listening on URL`. */
function firstLine(child: ChildProcess, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`the server ${why}\n${output}\n${log()}`));
    };
    const timer = setTimeout(() => fail("says nothing"), patienceMs);
    child.on("error", (error) => fail(error.message));
    child.on("close", (code) => fail(`ended with ${code}`));
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      const said = /^listening on (https?:\/\/\S+\/)$/m.exec(output);
      if (said?.[1] !== undefined) {
        clearTimeout(timer);
        resolve(said[1]);
      }
    });
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
    return;
  }
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(timer);
}
