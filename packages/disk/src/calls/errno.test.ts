import { TreeError, type TreeErrorCode } from "@meanwhile/server/store";
import { expect, test } from "vitest";
import { hasNoReflink, isAbsent, isMissing, isOtherFileSystem, treeError } from "./errno.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: failed, open '/secret/place/file'`), {
    code,
    path: "/secret/place/file",
  });
}

/** What an operator meets: the rest of the table is like these. */
const table: readonly (readonly [string, TreeErrorCode])[] = [
  ["ENOTDIR", "not-found"],
  ["EDQUOT", "no-space"],
  ["EROFS", "denied"],
  ["ESTALE", "unavailable"],
  ["EHOSTDOWN", "unavailable"],
];

test.each(table)("%s becomes %s, with its cause and without a local path", (errno, code) => {
  const cause = systemError(errno);
  const error = treeError(cause);
  expect(error).toBeInstanceOf(TreeError);
  expect(error.code).toBe(code);
  expect(error.cause).toBe(cause);
  expect(error.message).not.toContain("secret");
});

test("what is absent is the parent where something was to be put there", () => {
  expect(treeError(systemError("ENOENT"), "parent-missing").code).toBe("parent-missing");
  expect(treeError(systemError("EACCES"), "parent-missing").code).toBe("denied");
});

test("a TreeError stays the same, and anything else is unavailable, without its words", () => {
  const error = new TreeError("stopped");
  expect(treeError(error)).toBe(error);
  for (const thrown of [new Error("/secret"), "secret", undefined, { code: "ENOENT" }]) {
    expect(treeError(thrown).code).toBe("unavailable");
    expect(treeError(thrown).message).not.toContain("secret");
  }
});

test("questions know their codes only", () => {
  expect(isAbsent(systemError("ENAMETOOLONG"))).toBe(true);
  expect(isAbsent(systemError("EACCES"))).toBe(false);
  expect(isOtherFileSystem(systemError("EXDEV"))).toBe(true);
  expect(isOtherFileSystem(systemError("ENOENT"))).toBe(false);
  expect(hasNoReflink(systemError("EOPNOTSUPP"))).toBe(true);
  expect(hasNoReflink(systemError("ENOSPC"))).toBe(false);
});

test.each([
  "EMFILE",
  "ENFILE",
  "EIO",
  "ESTALE",
  "ETIMEDOUT",
  "ENOTCONN",
  "EHOSTDOWN",
  "ENXIO",
  "ENODEV",
  "EACCES",
  "EINTR",
])("%s says nothing of what is there", (code) => {
  const error = systemError(code);
  expect([isAbsent(error), isMissing(error)]).toEqual([false, false]);
  expect(treeError(error).code).toBe(code === "EACCES" ? "denied" : "unavailable");
});
