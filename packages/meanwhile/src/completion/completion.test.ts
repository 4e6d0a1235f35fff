import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, testWith } from "../../../../conformance/judge.ts";
import { runProgram } from "../program.ts";
import { testTerminal } from "../testing/test-terminal.ts";

let place: string;
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "meanwhile-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) writeFileSync(join(place, shell), await script(shell));
  writeFileSync(join(place, "holiday photo.jpg"), "");
});
afterAll(() => rmSync(place, { recursive: true }));

async function script(shell: string): Promise<string> {
  const terminal = testTerminal();
  expect(await runProgram(["completion", shell], terminal)).toBe(0);
  return `${terminal.printed().join("\n")}\n`;
}

describeWith(["bash"], "completion in bash", () => {
  /** What bash offers for the last of these words. */
  function offered(...words: readonly string[]): readonly string[] {
    const line = ["meanwhile", ...words];
    const code = `
      source "$1"
      shift
      # It only works while bash itself completes.
      compopt() { :; }
      COMP_WORDS=("$@")
      COMP_CWORD=$(($# - 1))
      _meanwhile
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const args = ["--norc", "-euc", code, "bash", join(place, "bash"), ...line];
    const { stdout, stderr, status } = spawnSync("bash", args, { cwd: place, encoding: "utf8" });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    return stdout.split("\n").filter((text) => text !== "");
  }

  test.each([
    [["st"], ["stat", "status"]],
    [["--v"], ["--version"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["rm", "--rec"], ["--recursive"]],
    [["rm", "-r", "--jso"], ["--json"]],
    [["cp", "--no-o"], ["--no-overwrite"]],
    [["ls", "--user", ""], []],
    [["put", "ho"], ["holiday photo.jpg"]],
    [["ls", "--cacert", "ho"], ["holiday photo.jpg"]],
    [["nonsense", ""], []],
  ])("for %j it offers %j", (words, completions) => {
    expect(offered(...words)).toEqual(completions);
  });
});

testWith(["zsh"], "zsh understands its script", () => {
  const { status, stderr } = spawnSync("zsh", ["-n", join(place, "zsh")], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

testWith(["fish"], "fish understands its script", () => {
  const { status, stderr } = spawnSync("fish", ["-n", join(place, "fish")], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.each(["bash", "zsh", "fish"])(
  "the script for %s has every command and option that help has",
  async (shell) => {
    const text = await script(shell);
    const help = testTerminal();
    await runProgram(["cp", "--help"], help);
    const flags = help.printed().flatMap((line) => /^\s+(?:-\w, )?--([\w-]+)/.exec(line)?.[1] ?? []);
    expect(flags.length).toBeGreaterThan(10);
    for (const flag of flags) expect(text).toMatch(new RegExp(`(?:--|-l )${flag}\\b`));
  },
);
