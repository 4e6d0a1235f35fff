import type { RequestLogEntry } from "@meanwhile/server";
import { expect, test } from "vitest";
import type { LogLevel } from "../options/serve-options.ts";
import { createServerLog } from "./request-log.ts";

const entry: RequestLogEntry = {
  method: "GET",
  target: "/x",
  protocol: "HTTP/1.1",
  address: "192.0.2.1",
  principal: "ann",
  status: 200,
  durationMs: 1.5,
  bytesOut: 3,
  interims: 0,
};

function logged(level: LogLevel, ...entries: readonly Partial<RequestLogEntry>[]): readonly string[] {
  const lines: string[] = [];
  const log = createServerLog(level, { write: (line) => void lines.push(line) });
  for (const changes of entries) log.request({ ...entry, ...changes });
  return lines;
}

test("a request is one JSON line", () => {
  const [line = ""] = logged("info", { durationMs: 1.500_000_01 });
  expect(line.endsWith("\n")).toBe(true);
  expect(JSON.parse(line)).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    msg: "request",
    ...entry,
  });
});

test("no line feed of a client makes a line of its own", () => {
  const [line = ""] = logged("info", { target: '/a\r\n{"level":"error"}', userAgent: "x\ny\u2028" });
  expect(line.trimEnd()).not.toMatch(/[\r\n]/);
  expect(JSON.parse(line).target).toBe('/a\r\n{"level":"error"}');
});

test("a method that the parser does not know is told like a request, and malformed bytes as what they are", () => {
  const lines: string[] = [];
  const log = createServerLog("info", { write: (line) => void lines.push(line) });
  log.refused({
    status: 501,
    method: "BREW",
    target: "http://ann:secret@files.example/pot",
    address: "192.0.2.1",
  });
  log.refused({ status: 400, address: "192.0.2.1" });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "info", msg: "request", status: 501, method: "BREW", target: "http://files.example/pot" },
    { level: "info", msg: "malformed request", status: 400, address: "192.0.2.1" },
  ]);
});

test("a password in a target is left out", () => {
  const [line = ""] = logged("info", { target: "http://ann:secret@files.example/a@b" });
  expect(line).not.toContain("secret");
  expect(JSON.parse(line).target).toBe("http://files.example/a@b");
});

test.each([
  ["silent", []],
  ["error", [500]],
  ["warn", [429, 500]],
  ["info", [200, 401, 429, 500, 501]],
  ["debug", [200, 401, 429, 500, 501]],
] as const)("at level %s the requests that ended with %j are told", (level, statuses) => {
  const lines = logged(
    level,
    { status: 200 },
    { status: 401 },
    { status: 429 },
    { status: 500 },
    { status: 501 },
  );
  expect(lines.map((line) => JSON.parse(line).status)).toEqual(statuses);
});

test("an error is told with its cause and stack", () => {
  const error = new Error("outer", { cause: new Error("inner") });
  const [line = ""] = logged("error", { status: 500, error });
  expect(JSON.parse(line).err).toMatchObject({ message: expect.stringContaining("outer") });
  expect(JSON.parse(line).err.stack).toContain("inner");
});
