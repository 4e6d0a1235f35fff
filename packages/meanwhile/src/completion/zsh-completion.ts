import type { DescribedCommand, DescribedOption, DescribedProgram, ValueKind } from "./described-program.ts";

/** A completion script for zsh: as a file `_meanwhile` in `$fpath`, or read by `source`. */
export function zshCompletion({ name, options, commands }: DescribedProgram): string {
  const described = commands.map((command) => `    ${quoted(`${command.name}:${command.description}`)}`);
  const functions = commands.map((command) => functionOf(name, command));
  return `#compdef ${name}
# zsh completion of ${name}. To use it now: source <(${name} completion zsh)
${functions.join("\n")}
_${name}() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${described.join("\n")}
  )
  _arguments -C ${options.flatMap(argumentsOf).join(" ")} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
${commands.map((command) => `        ${command.name}) _${name}_${command.name} ;;`).join("\n")}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function functionOf(program: string, command: DescribedCommand): string {
  const operands = command.arguments.map(({ shown, kind, repeated, choices }, index) => {
    const place = repeated ? "*" : String(index + 1);
    const action = choices.length > 0 ? `(${choices.join(" ")})` : actionOf(kind);
    return quoted(`${place}:${escaped(shown)}:${action}`);
  });
  const specifications = [...command.options.flatMap(argumentsOf), ...operands];
  return `_${program}_${command.name}() {
  _arguments \\
    ${specifications.join(" \\\n    ")}
}`;
}

function argumentsOf({
  short,
  long,
  value,
  kind,
  repeatable,
  description,
}: DescribedOption): readonly string[] {
  const flags = short === undefined ? [long] : [short, long];
  const star = repeatable ? "*" : "";
  const taken = value === undefined ? "" : `:${escaped(value)}:${actionOf(kind)}`;
  return flags.map((flag) => quoted(`${star}${flag}[${escaped(description)}]${taken}`));
}

function actionOf(kind: ValueKind): string {
  switch (kind) {
    case "file":
      return "_files";
    case "folder":
      return "_files -/";
    case "program":
      return "_command_names -e";
    case "other":
      return " ";
  }
}

/** Within a specification of `_arguments`. */
function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
