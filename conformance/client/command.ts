/** The commands, called as people call them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../../packages/meanwhile/src/program.ts";
import { testTerminal } from "../../packages/meanwhile/src/testing/test-terminal.ts";
import { type Ran, type RunOptions, run } from "../run.ts";

/** The command as it is built here; MEANWHILE_BIN names another one, such as an installed one. */
export const binary: string =
  process.env["MEANWHILE_BIN"] ??
  fileURLToPath(new URL("../../packages/meanwhile/bin/meanwhile.js", import.meta.url));

/** Somebody who calls the command, with a home of their own. */
export interface CommandUser {
  /** An empty folder, which is removed in the end: for what comes and goes. */
  readonly home: string;
  /** What the command is run with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs it in the home. */
  command(...args: readonly string[]): Promise<Ran>;
  commandWith(options: RunOptions, ...args: readonly string[]): Promise<Ran>;
  /**
   * Runs it, and wants it to end well.
   *
   * @returns what it wrote to standard output
   * @throws an error that shows all it printed
   */
  well(...args: readonly string[]): Promise<string>;
  leave(): void;
}

/**
 * @param way "shipped": each call is a process of its own. "within": all of them run in this process, from the sources,
 *   for to start a process takes longer than most commands
 */
export function commandUser(way: "shipped" | "within" = "shipped"): CommandUser {
  const home = mkdtempSync(join(tmpdir(), "meanwhile-user-"));
  // No login, and no state of whoever runs the tests.
  const environment = {
    HOME: home,
    XDG_STATE_HOME: join(home, ".state"),
    MEANWHILE_USER: "",
    MEANWHILE_PASSWORD: "",
    MEANWHILE_TOKEN: "",
    NETRC: join(home, ".netrc"),
  };
  // What the library itself looks up.
  if (way === "within")
    Object.assign(process.env, { XDG_STATE_HOME: environment.XDG_STATE_HOME, NO_PROXY: "*" });
  const calls = { shipped, within };
  const commandWith = (options: RunOptions, ...args: readonly string[]): Promise<Ran> =>
    calls[way](args, { cwd: home, ...options, environment: { ...environment, ...options.environment } });
  return {
    home,
    environment,
    commandWith,
    command: (...args) => commandWith({}, ...args),
    async well(...args) {
      const { code, stdout, stderr } = await commandWith({}, ...args);
      if (code !== 0) {
        throw new Error(
          `meanwhile ${args.join(" ")}\nended with ${code ?? "a signal"}\n${stdout}\n${stderr}`,
        );
      }
      return stdout;
    },
    leave: () => rmSync(home, { recursive: true, force: true }),
  };
}

function shipped(args: readonly string[], options: RunOptions): Promise<Ran> {
  return run(process.execPath, [binary, ...args], options);
}

async function within(
  args: readonly string[],
  { cwd = "", input = "", environment = {} }: RunOptions,
): Promise<Ran> {
  const terminal = testTerminal({ cwd, home: cwd, input, env: environment });
  const code = await runProgram(args, terminal);
  return { code, stdout: terminal.output().toString("utf8"), stderr: terminal.complained.join("\n") };
}
