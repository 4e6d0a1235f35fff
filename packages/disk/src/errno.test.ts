import { TreeError, type TreeErrorCode } from "@meanwhile/server/store";
import { expect, test } from "vitest";
import { hasNoReflink, isAbsent, isOtherFileSystem, treeError } from "./errno.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: failed, open '/secret/place/file'`), {
    code,
    path: "/secret/place/file",
  });
}

const table: readonly (readonly [string, TreeErrorCode])[] = [
  ["ENOENT", "not-found"],
  ["ENOTDIR", "not-found"],
  ["ELOOP", "not-found"],
  ["EEXIST", "exists"],
  ["EISDIR", "is-a-collection"],
  ["ENOSPC", "no-space"],
  ["EDQUOT", "no-space"],
  ["EACCES", "denied"],
  ["EPERM", "denied"],
  ["EROFS", "denied"],
  ["ENAMETOOLONG", "name-too-long"],
  ["EILSEQ", "name-refused"],
  ["EFBIG", "too-large"],
  ["EBUSY", "busy"],
  ["ETXTBSY", "busy"],
  ["ENOTEMPTY", "busy"],
  ["EMFILE", "unavailable"],
  ["ENFILE", "unavailable"],
  ["EIO", "unavailable"],
  ["ESTALE", "unavailable"],
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
