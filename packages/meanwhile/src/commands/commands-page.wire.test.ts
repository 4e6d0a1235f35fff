/** Keeps docs/reference/commands.md true: each transcript is what the commands say, each exit code and field is there. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitStatuses } from "../exit-status.ts";
import { environment } from "../manual/surroundings.ts";
import { createProgram, runProgram } from "../program.ts";
import { startTeamServer, type TeamServer } from "../testing/team-server.ts";
import { testTerminal } from "../testing/test-terminal.ts";
import { shellWords, type TranscriptStep, transcriptSteps } from "../testing/transcripts.ts";

const page = readFileSync(new URL("../../../../docs/reference/commands.md", import.meta.url), "utf8");
const shownUrl = "https://files.example/team/";

let server: TeamServer;
let cwd: string;
beforeAll(async () => {
  process.env["TZ"] = "UTC";
  cwd = mkdtempSync(join(tmpdir(), "meanwhile-page-"));
  server = await startTeamServer({ now: () => Date.UTC(2026, 0, 15, 12) });
});
afterAll(async () => {
  await server.close();
  rmSync(cwd, { recursive: true });
});

test("the transcripts of docs/reference/commands.md are what the commands say, one after the other", async () => {
  const steps = transcriptSteps(page);
  expect(steps.length).toBeGreaterThan(20);
  // What differs from run to run, by what stands for it on the page.
  const real = new Map<string, string>([[shownUrl, server.url]]);
  const expected: TranscriptStep[] = [];
  const actual: TranscriptStep[] = [];
  let code = 0;
  for (const { line, command, output } of steps) {
    const said: string[] = [];
    if (command === "echo $?") {
      said.push(String(code));
    } else {
      const terminal = testTerminal({ cwd, env: { XDG_STATE_HOME: join(cwd, ".state") } });
      const args = shellWords(replaced(command, real)).slice(1);
      code = await runProgram(args, {
        ...terminal,
        print: (text) => void said.push(text),
        complain: (text) => void said.push(text),
        async write(content) {
          said.push(...Buffer.from(content).toString("utf8").replace(/\n$/, "").split("\n"));
        },
      });
    }
    const shown = said.map((text) =>
      replaced(text, new Map([...real].map(([page_, here]) => [here, page_]))),
    );
    const token = /^urn:uuid:[\w-]+$/;
    if (token.test(output[0] ?? "") && token.test(shown[0] ?? "")) {
      real.set(output[0] ?? "", shown[0] ?? "");
      shown[0] = output[0] ?? "";
    }
    expected.push({ line, command, output: output.map(steady) });
    actual.push({ line, command, output: shown.map(steady) });
  }
  expect(actual).toEqual(expected);
});

function replaced(text: string, replacements: ReadonlyMap<string, string>): string {
  let result = text;
  for (const [from, to] of replacements) result = result.replaceAll(from, to);
  return result;
}

/** Times that passed differ. */
function steady(text: string): string {
  return text.replace(/"elapsedMs":\d+/g, '"elapsedMs":0');
}

test("docs/reference/commands.md has every exit code, as the command has it", () => {
  for (const { code, meaning } of exitStatuses) expect(page).toContain(`\n| ${code} | ${meaning} |\n`);
});

test("docs/reference/commands.md speaks of every command, and of every variable that counts", () => {
  for (const { commands } of [createProgram(testTerminal())]) {
    for (const command of commands) expect(page).toMatch(new RegExp(`\\b${command.name()}\\b`));
  }
  for (const { name } of environment)
    for (const variable of name.split(", ")) expect(page).toContain(variable);
});
