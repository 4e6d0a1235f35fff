import { homedir } from "node:os";
import type { Terminal } from "./terminal.ts";

const stopSignals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

// Whoever reads the first line only (`| head -1`), or no log, closes a pipe: that is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

/** The terminal of this very process. */
export const processTerminal: Terminal = {
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
};
