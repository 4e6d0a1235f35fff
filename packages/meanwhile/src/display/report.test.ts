import { describe, expect, test } from "vitest";
import { testTerminal } from "../testing/test-terminal.ts";
import { createReport } from "./report.ts";
import type { WorkNews } from "./work-news.ts";

const news = (done: number): WorkNews => ({
  stage: "processing",
  unit: "members",
  done,
  total: 100,
  failures: 0,
});
const people = { json: false, quiet: false };

describe("what is said", () => {
  test("to people: answers and what was done, as text", async () => {
    const terminal = testTerminal();
    const report = createReport(terminal, people);
    await report.answer("a.txt", { type: "resource", name: "a.txt" });
    await report.done("copied a to b", { type: "outcome" });
    report.warn("something");
    expect(terminal.printed()).toEqual(["a.txt", "copied a to b"]);
    expect(terminal.complained).toEqual(["meanwhile: something"]);
  });

  test("--quiet leaves out what was done, not what was asked for", async () => {
    const terminal = testTerminal();
    const report = createReport(terminal, { json: false, quiet: true });
    await report.answer("a.txt", { type: "resource" });
    await report.done("copied a to b", { type: "outcome" });
    expect(terminal.printed()).toEqual(["a.txt"]);
  });

  test("--json is one object a line, also with --quiet", async () => {
    const terminal = testTerminal();
    const report = createReport(terminal, { json: true, quiet: true });
    await report.answer("a\nb", { type: "resource", name: "a\nb\u009B" });
    await report.done("copied", { type: "outcome", status: 201 });
    expect(terminal.printed()).toEqual([
      '{"type":"resource","name":"a\\nb\\u009b"}',
      '{"type":"outcome","status":201}',
    ]);
  });
});

describe("progress where standard error is no terminal", () => {
  test("is a line every five seconds, and none for quick works", async () => {
    const terminal = testTerminal();
    const report = createReport(terminal, people);
    const quick = await report.progress("deleting a");
    terminal.advance(4999);
    quick.end();
    const long = await report.progress("copying b");
    long.show(news(0));
    terminal.advance(4000);
    long.show(news(40));
    terminal.advance(1000);
    terminal.advance(5000);
    long.end();
    terminal.advance(60_000);
    expect(terminal.complained).toEqual([
      "copying b: 40 of 100 files and folders, 40%, 10/s, 0:06 left",
      "copying b: 40 of 100 files and folders, 40%, 5.0/s, 0:12 left",
    ]);
    expect(terminal.printed()).toEqual([]);
  });

  test("--quiet shows none", async () => {
    const terminal = testTerminal();
    const display = await createReport(terminal, { json: false, quiet: true }).progress("copying b");
    display.show(news(1));
    terminal.advance(60_000);
    display.end();
    expect(terminal.complained).toEqual([]);
  });

  test("--json has objects with done and total, ten a second at most, and the last one always", async () => {
    const terminal = testTerminal();
    const display = await createReport(terminal, { json: true, quiet: false }).progress("copying b");
    for (let done = 0; done < 50; done += 1) {
      display.show(news(done));
      terminal.advance(10);
    }
    display.show(news(100));
    display.show(news(100));
    display.end();
    terminal.advance(1000);
    const told = terminal.printed().map((line): unknown => JSON.parse(line));
    expect(told).toHaveLength(7);
    expect(told[0]).toEqual({ type: "progress", doing: "copying b", ...news(0) });
    expect(told.at(-1)).toEqual({ type: "progress", doing: "copying b", ...news(100) });
  });
});

describe("progress on a terminal", () => {
  test("is a bar after a moment, which moves, gives way to messages and leaves nothing behind", async () => {
    const terminal = testTerminal({ columns: 60, env: { TERM: "xterm" } });
    const report = createReport(terminal, people);
    const display = await report.progress("copying b");
    display.show(news(10));
    terminal.advance(399);
    expect(terminal.drawn()).toBe("");
    terminal.advance(1);
    expect(terminal.drawn()).toContain(" 10%");
    terminal.advance(600);
    display.show(news(55));
    terminal.advance(200);
    expect(terminal.drawn()).toContain(" 55%");
    report.warn("about to leave");
    expect(terminal.complained).toEqual(["meanwhile: about to leave"]);
    const drawn = terminal.drawn().length;
    display.end();
    const rest = terminal.drawn().slice(drawn);
    // The line is empty, and the cursor back.
    expect(rest.endsWith("\r\u001B[K\u001B[?25h")).toBe(true);
    terminal.advance(5000);
    expect(terminal.drawn().slice(drawn)).toBe(rest);
  });

  test("follows the width of the terminal (SIGWINCH)", async () => {
    const terminal = testTerminal({ columns: 100, env: { TERM: "xterm" } });
    const display = await createReport(terminal, people).progress("copying b");
    display.show(news(10));
    terminal.advance(1000);
    expect(terminal.drawn()).toContain("[===");
    const drawn = terminal.drawn().length;
    Object.assign(terminal.screen, { columns: 30 });
    terminal.advance(200);
    const later = terminal.drawn().slice(drawn);
    expect(later).toContain("copying b   10%  10/100");
    expect(later).not.toContain("[===");
    display.end();
  });

  test("a terminal that can do nothing gets lines", async () => {
    const terminal = testTerminal({ columns: 60, env: { TERM: "dumb" } });
    const display = await createReport(terminal, people).progress("copying b");
    terminal.advance(5000);
    display.end();
    expect(terminal.drawn()).toBe("");
    expect(terminal.complained).toEqual(["copying b: waiting for the server, 0:05 so far"]);
  });
});
