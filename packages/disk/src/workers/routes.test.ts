import { describe, expect, onTestFinished, test } from "vitest";
import type { FileOperation } from "../calls/file-operations.ts";
import { FileWorkers } from "./file-workers.ts";
import { type Need, Routes } from "./routes.ts";

function makeRoutes({ local = true, inMemory = false, starting = false } = {}) {
  let now = 0;
  const workers = new FileWorkers();
  onTestFinished(() => workers.close());
  const mounts = { mountOf: () => ({ id: "1", point: "/srv", local, inMemory }) };
  const routes = new Routes({ workers, root: "/srv", mounts, clock: () => now, starting });
  /** @returns whether it is made on the calling thread */
  const call = (path: string, need: Need, operation: FileOperation): boolean => {
    const { lane, came } = routes.of(path, need, operation);
    came(0.01);
    return lane === undefined;
  };
  return { routes, call, pass: (ms: number) => (now += ms) };
}

describe("on a disk, a call is made on the calling thread", () => {
  test("once its name was looked at within the last seconds, in whatever way", () => {
    const { call, pass } = makeRoutes();
    expect(call("/srv/a", "look", "find")).toBe(false);
    expect(call("/srv/a", "look", "hold")).toBe(true);
    expect(call("/srv/b", "look", "find")).toBe(false);
    pass(20_000);
    expect(call("/srv/a", "look", "find")).toBe(false);
  });

  test("for a change, once its name was looked at and another of the directory was changed so", () => {
    const { call } = makeRoutes();
    call("/srv/a", "look", "find");
    expect(call("/srv/a", "change", "unlink")).toBe(false);
    expect(call("/srv/b", "change", "unlink"), "not looked at").toBe(false);
    call("/srv/c", "look", "find");
    expect(call("/srv/c", "change", "link"), "another change").toBe(false);
    expect(call("/srv/c", "change", "unlink")).toBe(true);
    call("/srv/deep/c", "look", "find");
    expect(call("/srv/deep/c", "change", "unlink"), "another directory").toBe(false);
  });

  test("for reserved names, by their directory", () => {
    const { call } = makeRoutes();
    call("/srv", "look", "hold");
    expect(call("/srv/.meanwhile-1~", "change", "rename")).toBe(false);
    expect(call("/srv/.meanwhile-2~", "change", "rename")).toBe(true);
    expect(call("/srv/.meanwhile-3~", "look", "lstat")).toBe(true);
  });

  test("to open or read, once the same was done with the same name: a look says nothing of it", () => {
    const { call } = makeRoutes();
    call("/srv/a", "look", "lstat");
    expect(call("/srv/a", "path", "open")).toBe(false);
    expect(call("/srv/a", "path", "read")).toBe(false);
    expect(call("/srv/a", "path", "open")).toBe(true);
  });
});

test("in a file system in memory, looks are made on the calling thread at once, and the first change of a directory is not", () => {
  const { call } = makeRoutes({ inMemory: true });
  expect(call("/srv/a", "look", "find")).toBe(true);
  expect(call("/srv/a", "path", "open")).toBe(false);
  expect(call("/srv/a", "change", "unlink")).toBe(false);
  expect(call("/srv/b", "change", "unlink")).toBe(true);
});

test("while a process starts all calls are made on the calling thread", () => {
  const { routes, call } = makeRoutes({ local: false, starting: true });
  expect(call("/srv/a", "look", "find")).toBe(true);
  expect(call("/srv/a", "change", "unlink")).toBe(true);
  routes.begin();
  expect(call("/srv/a", "look", "find")).toBe(false);
});

test("on a network no call is made on the calling thread", () => {
  const { call } = makeRoutes({ local: false });
  for (const _ of [1, 2]) expect(call("/srv/a", "look", "find")).toBe(false);
});
