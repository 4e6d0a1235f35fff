import { homedir } from "node:os";
import type { Terminal } from "./terminal.ts";

const stopSignals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

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
