/** The command line as data, taken from commander's description: completion scripts and the manual are made from it. */
import type { Argument, Command, Option } from "commander";

export interface DescribedProgram {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly options: readonly DescribedOption[];
  readonly commands: readonly DescribedCommand[];
}

export interface DescribedCommand {
  readonly name: string;
  readonly description: string;
  /** The heading that the command stands under. */
  readonly group: string;
  readonly arguments: readonly DescribedArgument[];
  readonly options: readonly DescribedOption[];
}

export interface DescribedArgument {
  /** With its brackets: `<URL...>`, `[DIR]`. */
  readonly shown: string;
  readonly kind: ValueKind;
  readonly repeated: boolean;
  readonly choices: readonly string[];
  readonly description: string;
}

export interface DescribedOption {
  /** `-r`. */
  readonly short: string | undefined;
  /** `--recursive`. */
  readonly long: string;
  /** `<FILE>`; undefined where it takes nothing. */
  readonly value: string | undefined;
  readonly kind: ValueKind;
  readonly repeatable: boolean;
  /** The heading that the option stands under. */
  readonly group: string;
  readonly description: string;
}

/** What a shell may offer for a value. */
export type ValueKind = "file" | "folder" | "program" | "other";

/** Commands, options and arguments of the program as data, for completions and the manual. */
export function describeProgram(program: Command): DescribedProgram {
  return {
    name: program.name(),
    version: program.version() ?? "",
    description: program.description(),
    options: optionsOf(program),
    commands: program.commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      group: command.helpGroup(),
      arguments: command.registeredArguments.map(describeArgument),
      options: optionsOf(command),
    })),
  };
}

function optionsOf(command: Command): readonly DescribedOption[] {
  const help: DescribedOption = {
    short: "-h",
    long: "--help",
    value: undefined,
    kind: "other",
    repeatable: false,
    group: "Options:",
    description: "show help",
  };
  return [...command.options.filter(({ hidden }) => !hidden).map(describeOption), help];
}

function describeOption(option: Option): DescribedOption {
  const value = /[<[].*$/.exec(option.flags)?.[0];
  return {
    short: option.short,
    long: option.long ?? "",
    value,
    kind: kindOf(value ?? ""),
    repeatable: option.description.includes("(repeatable"),
    group: option.helpGroupHeading ?? "Options:",
    description: option.description,
  };
}

function describeArgument(argument: Argument): DescribedArgument {
  const { required, variadic, description } = argument;
  const name = `${argument.name()}${variadic ? "..." : ""}`;
  return {
    shown: required ? `<${name}>` : `[${name}]`,
    kind: kindOf(name),
    repeated: variadic,
    choices: argument.argChoices ?? [],
    description,
  };
}

/** By the word that stands for the value in help texts. */
function kindOf(value: string): ValueKind {
  if (/\b(?:FILE|LOCAL|FROM|TO)\b/.test(value)) return "file";
  if (/\bDIR\b/.test(value)) return "folder";
  return /\bPROGRAM\b/.test(value) ? "program" : "other";
}
