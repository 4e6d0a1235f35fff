/** The shipped command at a real terminal: its bar moves, keeps to the width, and gives way to Ctrl-C. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePath } from "@meanwhile/dav";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "./judge.ts";
import { type SlowServer, startSlowServer } from "./slow-server.ts";
import { openWindow, type TestWindow } from "./terminal.ts";

const command =
  process.env["MEANWHILE_BIN"] ??
  fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));
const members = 200;

describeWith(["tmux"], "meanwhile at a terminal", () => {
  /** Milliseconds for each member. */
  const delayMs = { member: 8 };
  let server: SlowServer;
  let cwd: string;
  let shown: TestWindow | undefined;

  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), "meanwhile-terminal-"));
    server = await startSlowServer({ delayMs, afterMs: 50, everyMs: 100 });
    await server.tree.createCollection(parsePath("/photos"), []);
    for (let index = 0; index < members; index += 1) {
      await server.tree.createCollection(parsePath(`/photos/${index}`), []);
    }
  });
  afterAll(async () => {
    await server.stop();
    rmSync(cwd, { recursive: true });
  });

  function open(columns: number, ...args: readonly string[]): TestWindow {
    shown?.close();
    shown = openWindow([process.execPath, command, ...args], {
      columns,
      rows: 10,
      cwd,
      environment: { HOME: cwd, no_proxy: "*" },
    });
    return shown;
  }
  afterAll(() => shown?.close());

  test("cp: the bar moves from one percentage to the next, and a summary takes its place", async () => {
    const terminal = open(80, "cp", `${server.url}photos/`, `${server.url}backup/`);
    const first = await terminal.waitFor(/\[=*> *\] +\d+%/);
    const early = percentageOf(first);
    const later = await terminal.waitFor(new RegExp(`(?:${above(early)})%`));
    expect(percentageOf(later)).toBeGreaterThan(early);
    expect(later).toMatch(/copying \/photos\/ {2}\[=+> *\] +\d+% {2}\d+\/201 /);
    for (const line of later.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    // One line, redrawn: not one for each state.
    expect(later.split("\n").filter((line) => line.includes("%"))).toHaveLength(1);
    const end = await terminal.waitFor(/ended with/);
    expect(end).toMatch(/^copied \/photos\/ to \/backup\/: 201 files and folders in 0:\d\d\nended with 0$/);
  });

  test("a narrow terminal has a narrow line, and one that is made narrower too", async () => {
    const terminal = open(60, "cp", `${server.url}photos/`, `${server.url}narrow/`);
    await terminal.waitFor(/\d+%/);
    terminal.resize(30);
    const narrow = await terminal.waitFor(/^copyi\S+ +\d+%.{0,15}$/m);
    expect(narrow.split("\n").filter((line) => line.includes("%")).length).toBeLessThanOrEqual(2);
    for (const line of narrow.split("\n")) expect(line.length).toBeLessThanOrEqual(30);
    await terminal.waitFor(/ended with 0/);
  });

  test("Ctrl-C leaves, watch comes back, and the operation was done once", async () => {
    server.take();
    // It has to outlast the moment for second thoughts, and the start of another command.
    delayMs.member = 40;
    const terminal = open(100, "cp", `${server.url}photos/`, `${server.url}left/`);
    await terminal.waitFor(/\d+%/);
    terminal.press("C-c");
    const left = await terminal.waitFor(/ended with 130/);
    expect(left).toContain("Ctrl-C again cancels it");
    const [, url] = /To come back: meanwhile watch (http\S+)/.exec(left.replaceAll("\n", "")) ?? [];
    if (url === undefined) throw new Error(`no URL in ${left}`);
    const later = open(80, "watch", url.replace(/ended$/, ""));
    await later.waitFor(/\d+%/);
    delayMs.member = 8;
    expect(await later.waitFor(/ended with/)).toMatch(
      /^done \(201\): 201 files and folders(?: in 0:\d\d)?\nended with 0$/,
    );
    expect(server.take().filter(({ method }) => method === "COPY")).toHaveLength(1);
  });

  test("Ctrl-C twice cancels", async () => {
    const terminal = open(100, "cp", `${server.url}photos/`, `${server.url}cancelled/`);
    await terminal.waitFor(/\d+%/);
    terminal.press("C-c");
    await terminal.waitFor(/Ctrl-C again cancels it/);
    terminal.press("C-c");
    const end = await terminal.waitFor(/ended with/);
    expect(end).toContain("the operation was cancelled");
    expect(end).toContain("ended with 9");
    expect(await server.tree.lookup(parsePath("/cancelled"))).toBeUndefined();
  });
});

function percentageOf(screen: string): number {
  return Number(/(\d+)%/.exec(screen)?.[1]);
}

/** A pattern for all numbers up to 100 that are larger. */
function above(percentage: number): string {
  return Array.from({ length: 100 - percentage }, (_, index) => `\\b${percentage + 1 + index}`).join("|");
}
