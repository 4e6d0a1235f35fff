import { describe, expect, test } from "vitest";
import { createProgram, runProgram } from "./program.ts";
import { testTerminal } from "./testing/test-terminal.ts";

async function run(...args: readonly string[]) {
  const terminal = testTerminal();
  const code = await runProgram(args, terminal);
  return { code, printed: terminal.printed().join("\n"), complained: terminal.complained };
}

describe("the command line", () => {
  test("--version prints the version", async () => {
    const { code, printed } = await run("--version");
    expect(code).toBe(0);
    expect(printed).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test("--help names the commands, and that of a command its options and examples", async () => {
    expect((await run("--help")).printed).toMatch(/serve .*\[DIR\]\s+serve a folder over WebDAV/);
    const { code, printed } = await run("serve", "--help");
    expect(code).toBe(0);
    for (const option of [
      "--listen <HOST:PORT>",
      "--front <NAME>",
      "--processing-after <T>",
      "--log-level <LEVEL>",
    ]) {
      expect(printed).toContain(option);
    }
    expect(printed).toContain("FILE.rights");
    for (const name of ["", ...createProgram(testTerminal()).commands.map((command) => command.name())]) {
      const help = (await run(...(name === "" ? [] : [name]), "--help")).printed;
      const first = new RegExp(`^Examples:\\n  .*\\bmeanwhile ${name}[^]*\\n\\nUsage: meanwhile ${name}`);
      expect(help).toMatch(first);
    }
  });

  test.each([
    [[], /^meanwhile: say which command, such as `meanwhile serve`/],
    [["--nonsense"], /^meanwhile: unknown option '--nonsense' \(see meanwhile --help\)$/],
    [["sevre"], /^meanwhile: unknown command 'sevre' \(Did you mean serve\?\) \(see meanwhile --help\)$/],
    [
      ["serve", "--port", "1"],
      /^meanwhile serve: unknown option '--port' \(here it is --listen HOST:PORT\) \(see meanwhile serve --help\)$/,
    ],
    [["rmdir", "x"], /^meanwhile: unknown command 'rmdir' \(here it is rm -r\) \(see meanwhile --help\)$/],
    [["upload"], /^meanwhile: unknown command 'upload' \(here it is put\) \(see/],
    [["put", "http://127.0.0.1/x", "a"], /^meanwhile: put takes the file first, and then the URL/],
    [["get", "a", "http://127.0.0.1/x"], /^meanwhile: get takes the URL first, and then the file/],
    [
      ["serve", "--listn", "x"],
      /^meanwhile serve: unknown option '--listn' \(Did you mean --listen\?\) \(see/,
    ],
    [["serve", "--listen"], /^meanwhile serve: option '--listen <HOST:PORT>' argument missing \(see/],
    [["serve", "a", "b"], /^meanwhile serve: too many arguments.* \(see/],
    [["serve", "--listen", "nonsense"], /^meanwhile: --listen takes HOST:PORT/],
    [["serve", "--listen", "0.0.0.0:0"], /^meanwhile: others could reach 0\.0\.0\.0/],
    [
      ["serve", "/does/not/exist", "--listen", "127.0.0.1:0"],
      /^meanwhile: \/does\/not\/exist: there is no such folder/,
    ],
    [["serve", "--users", "/does/not/exist"], /^meanwhile: \/does\/not\/exist: there is no such file$/],
    [["serve", "--tls-cert", "/no", "--tls-key", "/no"], /^meanwhile: --tls-cert \/no: cannot be read$/],
  ])("%j is refused in one line, with exit code 2", async (args, message) => {
    const { code, printed, complained } = await run(...args);
    expect(complained).toEqual([expect.stringMatching(message)]);
    expect(complained[0]).not.toContain("\n");
    expect({ code, printed }).toEqual({ code: 2, printed: "" });
  });
});
