import type { DescribedArgument, DescribedOption, DescribedProgram, ValueKind } from "./described-program.ts";

/** A completion script for bash 4 and later. It needs no bash-completion package. */
export function bashCompletion({ name, options, commands }: DescribedProgram): string {
  const cases = commands.map(
    (command) => `    ${command.name})
      options=${quoted(flagsOf(command.options))}
      with_value=${quoted(flagsOf(command.options.filter(({ value }) => value !== undefined)))}
      files=${quoted(flagsOf(command.options.filter(({ kind }) => kind === "file" || kind === "folder")))}
      operands=${operandsOf(command.arguments)}
      words=${quoted(command.arguments.flatMap(({ choices }) => choices).join(" "))}
      ;;`,
  );
  return `# bash completion of ${name}. To use it now: source <(${name} completion bash)
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command='' options='' with_value='' files='' operands='' words='' index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    if [[ \${COMP_WORDS[index]} != -* ]]; then
      command=\${COMP_WORDS[index]}
      break
    fi
  done
  case $command in
    '')
      mapfile -t COMPREPLY < <(compgen -W ${quoted(`${commands.map((command) => command.name).join(" ")} ${flagsOf(options)}`)} -- "$current")
      return
      ;;
${cases.join("\n")}
    *) return ;;
  esac
  if [[ " $files " == *" $previous "* ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  elif [[ " $with_value " == *" $previous "* ]]; then
    :
  elif [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  elif [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  elif [[ $operands == files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  elif [[ $operands == folders ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
  elif [[ $operands == programs ]]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$current")
  fi
}
complete -F _${name} ${name}
`;
}

function flagsOf(options: readonly DescribedOption[]): string {
  return options.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long])).join(" ");
}

function operandsOf(args: readonly DescribedArgument[]): string {
  const kinds = new Set<ValueKind>(args.map(({ kind }) => kind));
  if (kinds.has("file")) return "files";
  if (kinds.has("folder")) return "folders";
  return kinds.has("program") ? "programs" : "''";
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
