import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const binary =
  process.env["MEANWHILE_BIN"] ??
  fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));

/** `meanwhile serve` on a folder and a state directory that outlive it. */
export interface KillableServer {
  /** With a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Ends it as nothing can prevent, and waits for that. */
  kill(): Promise<void>;
  /** Asks it to end. @returns its exit code */
  terminate(): Promise<number | null>;
}

export interface KillableOptions {
  readonly port?: number;
  readonly args?: readonly string[];
  /** A program, with its arguments, that ends by becoming the command that follows. */
  readonly through?: readonly string[];
}

/** Starts the built command, by default on a free port of 127.0.0.1. Operations that an earlier one was ended in go on by themselves. */
export async function startKillable(
  place: { readonly folder: string; readonly state: string },
  { port = 0, args = [], through = [] }: KillableOptions = {},
): Promise<KillableServer> {
  const listen = ["--listen", `127.0.0.1:${port}`];
  const all = ["serve", place.folder, ...listen, "--state", place.state, ...args];
  const [program = process.execPath, ...before] = [...through, process.execPath];
  const child = spawn(program, [...before, binary, ...all], { stdio: ["ignore", "pipe", "pipe"] });
  const url = await address(child);
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    url,
    port: Number(new URL(url).port),
    kill: async () => void (await end("SIGKILL")),
    terminate: () => end("SIGTERM"),
  };
}

function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const take = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
      const [, url] = /^listening on (http:\/\/\S+\/)$/m.exec(output) ?? [];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.once("exit", () => reject(new Error(`the server ended: ${output}`)));
  });
}
