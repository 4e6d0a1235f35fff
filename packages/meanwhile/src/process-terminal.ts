import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, homedir } from "node:os";
import { askAt, openTerminal } from "./ask.ts";
import { ProgramEndedError } from "./command-error.ts";
import { printable } from "./display/printable.ts";
import type { ClientTerminal } from "./terminal.ts";

const stopSignals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

// Whoever reads the first line only (`| head -1`), or no log, closes a pipe: that is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

/** The terminal of this very process. */
export const processTerminal: ClientTerminal = {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  log: process.stderr,
  env: process.env,
  platform: process.platform,
  home: homedir(),
  onStop(listener) {
    for (const signal of stopSignals) process.on(signal, listener);
    return () => {
      for (const signal of stopSignals) process.off(signal, listener);
    };
  },
  exit: (code) => process.exit(code),
  kill: () => void process.kill(process.pid, "SIGKILL"),
  onExit(listener) {
    process.on("exit", listener);
    return () => void process.off("exit", listener);
  },
  cwd: process.cwd(),
  input: () => process.stdin,
  async write(content) {
    const { stdout } = process;
    try {
      if (stdout.errored) throw stdout.errored;
      // Where it closes instead, this rejects.
      if (!stdout.write(content)) await once(stdout, "drain");
    } catch (error) {
      // As with other programs, whose process SIGPIPE ends: nothing is said about it.
      if (error instanceof Error && "code" in error && error.code === "EPIPE")
        throw new ProgramEndedError(141);
      throw error;
    }
  },
  outputIsTerminal: process.stdout.isTTY === true,
  screen: process.stderr,
  async ask(question) {
    const asked = openTerminal(process.platform);
    return asked === undefined ? undefined : askAt(asked, question);
  },
  timing: {
    now: () => performance.now(),
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds);
      timer.unref();
      return () => clearTimeout(timer);
    },
  },
  run([program, ...args], environment) {
    return new Promise((resolve) => {
      const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...environment } });
      child.on("error", (error) => {
        const missing = "code" in error && error.code === "ENOENT";
        const why = missing ? `there is no program ${JSON.stringify(program)}` : error.message;
        process.stderr.write(`meanwhile: ${printable(why)}\n`);
        resolve(127);
      });
      child.on("close", (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  },
};
