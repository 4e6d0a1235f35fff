/** The command line: one file per command in `commands/`. */
import { Command, CommanderError } from "commander";
import { CommandError, ProgramEndedError } from "./command-error.ts";
import { completionCommand } from "./commands/completion-command.ts";
import { getCommand } from "./commands/content/get-command.ts";
import { putCommand } from "./commands/content/put-command.ts";
import { syncCommand } from "./commands/content/sync-command.ts";
import { examplesOf } from "./commands/examples.ts";
import { lockCommand } from "./commands/lock-command.ts";
import { lsCommand } from "./commands/ls-command.ts";
import { mkdirCommand } from "./commands/mkdir-command.ts";
import { propsCommand } from "./commands/props-command.ts";
import { rmCommand } from "./commands/rm-command.ts";
import { serveCommand } from "./commands/serve-command.ts";
import { statCommand } from "./commands/stat-command.ts";
import { statusCommand } from "./commands/status-command.ts";
import { cpCommand } from "./commands/transfer/cp-command.ts";
import { mvCommand } from "./commands/transfer/mv-command.ts";
import { unlockCommand } from "./commands/unlock-command.ts";
import { watchCommand } from "./commands/watch-command.ts";
import { printable } from "./display/printable.ts";
import type { Connect } from "./remote/session.ts";
import type { ClientTerminal } from "./terminal.ts";
import { version } from "./version.ts";

/** The whole command line, as it is described: help, completion and the manual are made from it. */
export function createProgram(terminal: ClientTerminal, connect: Connect = connectForReal): Command {
  const context = { terminal, connect };
  const program: Command = new Command("meanwhile")
    .description("WebDAV that says how far it is: 102 Processing while long requests run")
    .version(version(), "-V, --version")
    .showHelpAfterError(false)
    .commandsGroup("Server:")
    .addCommand(serveCommand(terminal))
    .commandsGroup("Files:")
    .addCommand(lsCommand(context))
    .addCommand(getCommand(context))
    .addCommand(putCommand(context))
    .addCommand(cpCommand(context))
    .addCommand(mvCommand(context))
    .addCommand(rmCommand(context))
    .addCommand(mkdirCommand(context))
    .addCommand(statCommand(context))
    .addCommand(syncCommand(context))
    .commandsGroup("Locks and properties:")
    .addCommand(lockCommand(context))
    .addCommand(unlockCommand(context))
    .addCommand(propsCommand(context))
    .commandsGroup("Operations:")
    .addCommand(statusCommand(context))
    .addCommand(watchCommand(context))
    .commandsGroup("Other:")
    .addCommand(completionCommand(terminal, () => program))
    .addHelpCommand(
      new Command("help").argument("[COMMAND]").description("show the help of a command").helpGroup("Other:"),
    );
  for (const command of [program, ...program.commands]) {
    command
      .addHelpText("before", examplesOf(command.name()))
      .exitOverride()
      .configureOutput({
        writeOut: (text) => terminal.print(text.replace(/\n$/, "")),
        writeErr: () => {},
      });
  }
  return program;
}

/**
 * Runs the command that the arguments name.
 * @returns the exit code (exit-status.ts)
 */
export async function runProgram(
  args: readonly string[],
  terminal: ClientTerminal,
  connect?: Connect,
): Promise<number> {
  try {
    const program = createProgram(terminal, connect);
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return report(error, args, terminal);
  }
}

async function connectForReal(...args: Parameters<Connect>): ReturnType<Connect> {
  // Only now: help, and the server, need none of what a client needs.
  const { connect } = await import("./remote/connect.ts");
  return connect(...args);
}

function report(error: unknown, args: readonly string[], terminal: ClientTerminal): number {
  if (error instanceof ProgramEndedError) return error.exitCode;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code === "commander.help") {
      terminal.complain(
        "meanwhile: say which command, such as `meanwhile serve`; `meanwhile --help` lists them",
      );
      return 2;
    }
    const said = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
    const [, option = ""] = /^unknown option '(-[\w-]+)/.exec(said) ?? [];
    const meant =
      error.code === "commander.unknownCommand" ? otherNames[args[0] ?? ""] : otherOptions[option];
    const problem =
      meant === undefined ? said : said.replace(/ ?\(Did you mean.*$|$/, ` (here it is ${meant})`);
    const named = createProgram(terminal).commands.some((command) => command.name() === args[0]);
    const command = named ? `meanwhile ${args[0]}` : "meanwhile";
    terminal.complain(`${command}: ${printable(problem)} (see ${command} --help)`);
    return 2;
  }
  if (error instanceof CommandError) {
    terminal.complain(`meanwhile: ${error.message.replace(/\s*\n\s*/g, " ")}`);
    return error.exitCode;
  }
  terminal.complain(`meanwhile: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 1;
}

/** Names of commands elsewhere. What is spelled alike may do the opposite: rmdir is not mkdir. */
const otherNames: Readonly<Record<string, string>> = {
  copy: "cp",
  delete: "rm",
  dir: "ls",
  download: "get",
  move: "mv",
  rename: "mv",
  rmdir: "rm -r",
  upload: "put",
};

/** Options of programs like this one. */
const otherOptions: Readonly<Record<string, string>> = {
  "--address": "--listen HOST:PORT",
  "--bind": "--listen HOST:PORT",
  "--host": "--listen HOST:PORT",
  "--password": "--password-file FILE",
  "--port": "--listen HOST:PORT",
  "-p": "--listen HOST:PORT",
};
