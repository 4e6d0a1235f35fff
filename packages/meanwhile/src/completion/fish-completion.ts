import type { DescribedOption, DescribedProgram } from "./described-program.ts";

/** A completion script for fish. */
export function fishCompletion({ name, options, commands }: DescribedProgram): string {
  const lines = [
    `# fish completion of ${name}. To use it now: ${name} completion fish | source`,
    `complete -c ${name} -f`,
    ...options.map((option) => `complete -c ${name} -n __fish_use_subcommand ${optionOf(option)}`),
  ];
  for (const command of commands) {
    lines.push(
      `complete -c ${name} -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.description)}`,
    );
    const condition = quoted(`__fish_seen_subcommand_from ${command.name}`);
    for (const option of command.options) {
      lines.push(`complete -c ${name} -n ${condition} ${optionOf(option)}`);
    }
    const choices = command.arguments.flatMap((argument) => argument.choices);
    if (choices.length > 0) lines.push(`complete -c ${name} -n ${condition} -a ${quoted(choices.join(" "))}`);
    if (command.arguments.some(({ kind }) => kind === "file" || kind === "folder")) {
      lines.push(`complete -c ${name} -n ${condition} -F`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function optionOf({ short, long, value, kind, description }: DescribedOption): string {
  const parts = [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(value === undefined ? [] : [kind === "file" || kind === "folder" ? "-r -F" : "-x"]),
    `-d ${quoted(description)}`,
  ];
  return parts.join(" ");
}

/** Within single quotes only these two mean something. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
