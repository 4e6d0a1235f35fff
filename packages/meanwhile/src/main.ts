/** The `meanwhile` command. */
import { version } from "./version.ts";

const [first, ...others] = process.argv.slice(2);
if (others.length === 0 && (first === "--version" || first === "-V")) {
  // The whole command line takes as long to load as Node itself.
  process.stdout.write(`${version()}\n`);
} else {
  const { processTerminal } = await import("./process-terminal.ts");
  const { runProgram } = await import("./program.ts");
  // Set, not called with: what still waits to be written gets out first.
  process.exitCode = await runProgram(process.argv.slice(2), processTerminal);

  // Nothing should be left that keeps the process; should there be, it does not keep it for long.
  setTimeout(() => process.exit(), 2000).unref();
}
