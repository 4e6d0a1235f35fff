import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { findJudge } from "./find-judge.mjs";
import { judgeTable } from "./judge-table.mjs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meanwhile-judge-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** A program of sh in the folder. */
function program(name: string, script: string, within = folder): string {
  const file = join(within, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const entry = {
  packages: ["judge"],
  probe: ["judge", "--version"],
  says: /^judge ([\d.]+)/m,
  lowest: "1.10",
} as const;

describe("a judge is here", () => {
  test.each(["1.10", "1.10.1", "1.11", "2", "10.0"])("where its version is high enough: %s", (version) => {
    const found = program("judge", `echo judge ${version}`);
    expect(findJudge(entry, folder)).toEqual({ program: found, version });
  });

  test("where it says its version on standard error, and the probe ends as it should", () => {
    program("judge", "echo judge 2 >&2; exit 255");
    expect(findJudge({ ...entry, exits: 255 }, folder)).toMatchObject({ version: "2" });
  });

  test("where only a later one of PATH passes, if the tests run the one that was found", () => {
    const second = mkdtempSync(join(folder, "second-"));
    program("judge", "echo no module requests >&2; exit 1");
    const passing = program("judge", "echo judge 2", second);
    const path = [folder, second].join(delimiter);
    expect(findJudge({ ...entry, anyOfPath: true }, path)).toEqual({ program: passing, version: "2" });
    expect(findJudge(entry, path)).toHaveProperty("missing");
  });
});

describe("a judge is missing, with the reason", () => {
  test.each([
    ["there is none", undefined, "there is no program judge in PATH"],
    ["the version is too low", "echo judge 1.9.9", "is 1.9.9, and the tests need 1.10"],
    [
      "an error message is all that it says",
      "echo Cannot locate LWP.pm in 3 folders >&2; exit 2",
      "ended with 2: Cannot locate LWP.pm",
    ],
    ["the probe fails, whatever is printed", "echo judge 2; exit 1", "ended with 1: judge 2"],
    ["a signal ends it", "kill -9 $$", "ended with SIGKILL"],
    ["what it prints is not its version", "echo welcome", "shows no version that is known: welcome"],
    ["it prints nothing", "true", "shows no version that is known"],
  ])("where %s", (_name, script, reason) => {
    if (script !== undefined) program("judge", script);
    expect(findJudge(entry, folder)).toEqual({ missing: expect.stringContaining(reason) });
  });

  test("where a module of it is absent", () => {
    program("judge", "echo judge 2");
    const files = [join(folder, "module.so")];
    const absent = { missing: expect.stringContaining(`without ${files[0]}`) };
    expect(findJudge({ ...entry, files }, folder)).toEqual(absent);
    program("module.so", "");
    expect(findJudge({ ...entry, files }, folder)).toMatchObject({ version: "2" });
  });

  test("where the file cannot be run, or the link leads nowhere", () => {
    writeFileSync(join(folder, "judge"), "judge 2");
    expect(findJudge(entry, folder)).toHaveProperty("missing");
    rmSync(join(folder, "judge"));
    symlinkSync("/nowhere", join(folder, "judge"));
    expect(findJudge(entry, folder)).toHaveProperty("missing");
  });
});

describe.each(Object.entries(judgeTable))("%s", (_name, judge) => {
  const [name] = judge.probe;

  test("is missing where PATH has no such program", () => {
    expect(findJudge(judge, folder)).toEqual({ missing: `there is no program ${name} in PATH` });
  });

  test("is missing where the program is there and the rest of it is not", () => {
    program(name, "echo no such module >&2; exit 2");
    expect(findJudge(judge, folder)).toEqual({ missing: expect.stringContaining("no such module") });
  });
});
