/** The manual page, made from the same description as help and completion. */
import type { DescribedCommand, DescribedOption, DescribedProgram } from "../completion/described-program.ts";
import { exitStatuses } from "../exit-status.ts";
import { environment, files } from "./surroundings.ts";

/** In the language of man(7): what `man meanwhile` shows. */
export function manualPage(program: DescribedProgram): string {
  const { name, version, description, commands } = program;
  const shared = sharedOptions(commands);
  return `${[
    `.\\" Made from the command's own description by scripts/manual.mjs: change that, not this.`,
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    ".SH NAME",
    `${name} \\- ${roff(description)}`,
    ".SH SYNOPSIS",
    ...commands.flatMap((command) => [".br", synopsis(name, command)]).slice(1),
    ".SH DESCRIPTION",
    ...paragraphs(introduction),
    ".SH COMMANDS",
    ...commands.flatMap((command) => describeCommand(name, command, shared)),
    ".SH OPTIONS OF ALL COMMANDS THAT TALK TO A SERVER",
    ...shared.flatMap(describeOption),
    ".SH EXIT STATUS",
    ...exitStatuses.flatMap(({ code, meaning }) => tagged(`.B ${code}`, meaning)),
    ".SH ENVIRONMENT",
    ...environment.flatMap(({ name: variable, meaning }) => tagged(`.B ${roff(variable)}`, meaning)),
    ".SH FILES",
    ...files.flatMap(({ name: file, meaning }) => tagged(`.I ${roff(file)}`, meaning)),
    ".SH SEE ALSO",
    ".BR curl (1),",
    ".BR rclone (1)",
  ].join("\n")}\n`;
}

const introduction = [
  "Commands for files at any WebDAV server (RFC 4918), and a server of its own. Long requests show how far they are, where the server tells (102 Processing, RFC 2518), and are waited for as long as the server works.",
  "URL is http or https, with spaces and the like encoded or not. A folder's ends in /. Times are written 250ms, 20s, 5m, 1h.",
  "Ctrl-C leaves an operation, which goes on at the server, and says how to come back; a second Ctrl-C within two seconds asks the server to cancel it. Transfers stop; the same command again goes on where they ended.",
];

/** What every command has that talks to a server: told once. */
function sharedOptions(commands: readonly DescribedCommand[]): readonly DescribedOption[] {
  const remote = commands.filter(isRemote);
  return (remote[0]?.options ?? []).filter(({ long, group }) => {
    const everywhere = remote.every(({ options }) => options.some((option) => option.long === long));
    return everywhere && group !== "Options:";
  });
}

function isRemote({ options }: DescribedCommand): boolean {
  return options.some(({ long }) => long === "--netrc-file");
}

function synopsis(program: string, { name, arguments: operands }: DescribedCommand): string {
  return `.B ${program} ${name}\n[options]${operands.map(({ shown }) => ` ${roff(shown)}`).join("")}`;
}

function describeCommand(
  program: string,
  command: DescribedCommand,
  shared: readonly DescribedOption[],
): readonly string[] {
  const told = new Set(isRemote(command) ? shared.map(({ long }) => long) : []);
  return [
    `.SS ${program} ${command.name}`,
    `${roff(sentence(command.description))}`,
    ...command.arguments.flatMap(({ shown, description }) =>
      tagged(`.I ${roff(shown)}`, sentence(description)),
    ),
    ...command.options.filter(({ long }) => !told.has(long) && long !== "--help").flatMap(describeOption),
  ];
}

function describeOption({ short, long, value, description }: DescribedOption): readonly string[] {
  const flags = [short, long].filter((flag) => flag !== undefined).map((flag) => `\\fB${roff(flag)}\\fR`);
  const taken = value === undefined ? "" : ` \\fI${roff(value.replace(/[<>]/g, ""))}\\fR`;
  return tagged(`${flags.join(", ")}${taken}`, sentence(description));
}

function tagged(tag: string, text: string): readonly string[] {
  return [".TP", tag, roff(text)];
}

function paragraphs(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [".PP", roff(text)]);
}

function sentence(text: string): string {
  const begun = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.)]$/.test(begun) ? begun : `${begun}.`;
}

/** Text that says nothing to roff: no line of it begins a request, and hyphens are hyphens. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("~", "\\(ti")
    .replace(/^\./, "\\&.");
}
