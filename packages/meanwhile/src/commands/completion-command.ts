/** `meanwhile completion`: scripts that let shells complete commands and options. */
import { Argument, Command } from "commander";
import type { Terminal } from "../terminal.ts";

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

/** @param program the whole, which is described only when it is complete */
export function completionCommand(terminal: Terminal, program: () => Command): Command {
  return new Command("completion")
    .description("print a script that lets a shell complete commands and options")
    .addArgument(new Argument("<SHELL>", "which shell").choices(shells))
    .action(async (shell: Shell) => {
      const { describeProgram } = await import("../completion/described-program.ts");
      terminal.print((await scriptFor(shell))(describeProgram(program())).trimEnd());
    });
}

async function scriptFor(shell: Shell) {
  switch (shell) {
    case "bash":
      return (await import("../completion/bash-completion.ts")).bashCompletion;
    case "zsh":
      return (await import("../completion/zsh-completion.ts")).zshCompletion;
    case "fish":
      return (await import("../completion/fish-completion.ts")).fishCompletion;
  }
}
