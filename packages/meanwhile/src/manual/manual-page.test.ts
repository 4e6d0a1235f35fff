import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { describeProgram } from "../completion/described-program.ts";
import { exitStatuses } from "../exit-status.ts";
import { createProgram } from "../program.ts";
import { testTerminal } from "../testing/test-terminal.ts";
import { manualPage } from "./manual-page.ts";

const program = describeProgram(createProgram(testTerminal()));
const page = manualPage(program);

test("the manual that is shipped is current; `npm run manual` makes it so", () => {
  const shipped = readFileSync(new URL("../../man/meanwhile.1", import.meta.url), "utf8");
  expect(shipped).toBe(page);
});

test("it has every command, every option and every exit code", () => {
  for (const { name, options } of program.commands) {
    expect(page).toContain(`.SS meanwhile ${name}\n`);
    for (const { long } of options.filter((option) => option.long !== "--help")) {
      expect(page).toContain(`\\fB${long.replaceAll("-", "\\-")}\\fR`);
    }
  }
  for (const { code } of exitStatuses) expect(page).toContain(`.B ${code}\n`);
});

test("no text of it is taken for a request of roff", () => {
  const requests = page.split("\n").filter((line) => /^[.']/.test(line));
  for (const line of requests) expect(line).toMatch(/^\.(?:\\"|TH|SH|SS|TP|PP|br|BR?|I)(?: |$)/);
});

testWith(["groff"], "groff formats it without a warning", () => {
  const formatted = spawnSync("groff", ["-man", "-ww", "-Tutf8", "-z"], { input: page, encoding: "utf8" });
  expect({ status: formatted.status, stderr: formatted.stderr }).toEqual({ status: 0, stderr: "" });
});
