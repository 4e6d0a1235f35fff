import { spawn } from "node:child_process";

export interface Ran {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Sent to its standard input, which then ends. */
  readonly input?: string;
  /** Beside our own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** After which it is killed; default 100 s. */
  readonly timeoutMs?: number;
  /** Once this resolves it is killed. */
  readonly killedWhen?: Promise<unknown>;
}

/** Runs a program to its end and gives what it printed. Does not judge its exit code. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd, input = "", environment = {}, timeoutMs = 100_000, killedWhen } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      // Messages are compared, so they must not be translated; and no proxy of the machine may stand between.
      env: { ...process.env, LC_ALL: "C.UTF-8", no_proxy: "*", NO_PROXY: "*", ...environment },
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    killedWhen?.then(() => child.kill("SIGKILL"));
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A program may end without reading all of its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code: code ?? undefined, stdout: text(stdout), stderr: text(stderr) });
    });
  });
}

/**
 * Runs a program that must end well.
 *
 * @throws an error that shows all it printed, where its exit code is not 0
 */
export async function runWell(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const ran = await run(program, args, options);
  if (ran.code !== 0) {
    const command = [program, ...args].join(" ");
    throw new Error(`${command}\nended with ${ran.code ?? "a signal"}\n${ran.stdout}\n${ran.stderr}`);
  }
  return ran;
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}
