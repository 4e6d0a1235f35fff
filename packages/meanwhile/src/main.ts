/** The `meanwhile` command. */
import { processTerminal } from "./process-terminal.ts";
import { runProgram } from "./program.ts";

// Set, not called with: what still waits to be written gets out first.
process.exitCode = await runProgram(process.argv.slice(2), processTerminal);

// Nothing should be left that keeps the process; should there be, it does not keep it for long.
setTimeout(() => process.exit(), 2000).unref();
