import { lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Calls } from "../calls/calls.ts";
import { makeFolder } from "../testing/disk.ts";
import { Pace } from "../workers/pace.ts";
import { identityOf, isIdentity, lastingIdentity } from "./identity.ts";

const big = { bigint: true } as const;

function callsOn(type: bigint): Calls {
  const calls = new Calls(new Pace());
  const statfs = calls.statfs.bind(calls);
  calls.statfs = async (path) => Object.assign(await statfs(path), { type });
  return calls;
}

function makeFiles() {
  const { folder } = makeFolder();
  for (const name of ["a", "b"]) writeFileSync(join(folder, name), name);
  mkdirSync(join(folder, "c"));
  const stats = (name: string) => lstatSync(join(folder, name), big);
  return { directory: { self: folder }, stats };
}

test.each([
  ["ext4", 0xef53n],
  ["XFS", 0x58465342n],
  ["Btrfs", 0x9123683en],
  ["tmpfs", 0x01021994n],
])("on %s it is inode and birth time, and nothing of the device", async (_name, type) => {
  const { directory, stats } = makeFiles();
  const { dev, ino, birthtimeNs } = stats("a");
  const identity = await lastingIdentity(callsOn(type), directory, stats("a"));
  expect(identity).toBe(`${ino}:${birthtimeNs}`);
  expect(identity.split(":")).not.toContain(`${dev}`);
  expect(isIdentity(stats("a"), identity)).toBe(true);
  expect(isIdentity(stats("b"), identity)).toBe(false);
  expect(isIdentity(Object.assign(stats("a"), { dev: dev + 1n }), identity)).toBe(true);
});

test.each([
  ["FAT", 0x4d44n],
  ["exFAT", 0x2011bab0n],
  ["FUSE", 0x65735546n],
  ["SMB", 0xfe534d42n],
])("on %s, which keeps no inode numbers, another process goes by the birth time", async (_name, type) => {
  const { directory, stats } = makeFiles();
  const identity = await lastingIdentity(callsOn(type), directory, stats("a"));
  expect(isIdentity(stats("a"), identity)).toBe(true);
  // In this process the numbers hold.
  expect(isIdentity(Object.assign(stats("a"), { ino: 1n }), identity)).toBe(false);
  const earlier = identity.replace(/[^:]*$/, "123-456");
  expect(isIdentity(Object.assign(stats("a"), { ino: 1n }), earlier)).toBe(true);
  expect(isIdentity(Object.assign(stats("a"), { birthtimeNs: 1n }), earlier)).toBe(false);
});

test("without a birth time nothing is taken for what an earlier process saw", async () => {
  const { directory, stats } = makeFiles();
  const unborn = Object.assign(stats("a"), { birthtimeNs: 0n });
  const identity = await lastingIdentity(callsOn(0x65735546n), directory, unborn);
  expect(isIdentity(unborn, identity)).toBe(true);
  expect(isIdentity(unborn, identity.replace(/[^:]*$/, "123-456"))).toBe(false);
  expect(isIdentity(unborn, identityOf(unborn))).toBe(true);
});
