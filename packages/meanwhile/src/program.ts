/** The command line: one file per command in `commands/`. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { CommandError } from "./command-error.ts";
import { serveCommand } from "./commands/serve-command.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs the command that the arguments name.
 * @returns the exit code: 0, 1 where it failed, 2 where it was called wrongly
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command("meanwhile")
    .description("WebDAV that says how far it is: 102 Processing while long requests run")
    .version(version(), "-V, --version")
    .addCommand(serveCommand(terminal))
    .showHelpAfterError(false);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: () => {},
    });
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return report(error, args, terminal);
  }
}

function report(error: unknown, args: readonly string[], terminal: Terminal): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code === "commander.help") {
      terminal.complain(
        "meanwhile: say which command, such as `meanwhile serve`; `meanwhile --help` lists them",
      );
      return 2;
    }
    const problem = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
    const command = args[0] === "serve" ? "meanwhile serve" : "meanwhile";
    terminal.complain(`${command}: ${problem} (see ${command} --help)`);
    return 2;
  }
  if (error instanceof CommandError) {
    terminal.complain(`meanwhile: ${error.message.replace(/\s*\n\s*/g, " ")}`);
    return error.exitCode;
  }
  terminal.complain(`meanwhile: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 1;
}

function version(): string {
  const file: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const known = typeof file === "object" && file !== null && "version" in file;
  return known && typeof file.version === "string" ? file.version : "unknown";
}
