import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { type Logger, logLevels, safeLogger } from "./logger.ts";

test("a logger of pino's gets fields and message, on its level", () => {
  const lines: unknown[] = [];
  const sink = new Writable({
    write(line, _coding, done) {
      const { level, msg, operation } = JSON.parse(String(line));
      lines.push([level, msg, operation]);
      done();
    },
  });
  const logger = safeLogger(pino({ level: "debug" }, sink) satisfies Logger, undefined);
  for (const level of logLevels) logger[level]({ operation: "o1" }, level);
  expect(lines).toEqual([
    [20, "debug", "o1"],
    [30, "info", "o1"],
    [40, "warn", "o1"],
    [50, "error", "o1"],
  ]);
});

test("warnings and errors are told to `warn` as well, without a logger too", () => {
  const told: string[] = [];
  const logger = safeLogger(undefined, (message) => told.push(message));
  for (const level of logLevels) logger[level]({}, level);
  expect(told).toEqual(["warn", "error"]);
});

test("what a logger throws harms nobody, and keeps nothing from `warn`", () => {
  const told: string[] = [];
  const fails = (): never => {
    throw new Error("the disk is full");
  };
  const logger = safeLogger({ debug: fails, info: fails, warn: fails, error: fails }, (message) => {
    told.push(message);
    fails();
  });
  for (const level of logLevels) logger[level]({}, level);
  expect(told).toEqual(["warn", "error"]);
});
