import { TreeError, type TreeErrorCode } from "@meanwhile/server/store";

/** What an absent name means: the resource itself ("not-found"), or the collection that it was to be put in. */
export type Absent = "not-found" | "parent-missing";

/**
 * Turns any failure into a {@link TreeError}: the only place where error codes of the operating system are read.
 * Its message names the code and never a local path.
 */
export function treeError(cause: unknown, absent: Absent = "not-found"): TreeError {
  if (cause instanceof TreeError) return cause;
  const errno = errnoOf(cause);
  if (errno === undefined) return new TreeError("unavailable", "the store failed unexpectedly", { cause });
  if (errno === "ENOENT" || errno === "ENOTDIR" || errno === "ELOOP")
    return new TreeError(absent, errno, { cause });
  return new TreeError(codes[errno] ?? "unavailable", `the file system answered ${errno}`, { cause });
}

/**
 * Whether the failure says that no resource is at a path: nothing is (ENOENT, ENOTDIR), or nothing can be, as a loop of links
 * is on the way (none is followed) or a name is too long. No other failure does: one of the device or of the moment, such as
 * EIO, ESTALE, EMFILE, tells nothing about what is there.
 */
export function isAbsent(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno === "ENOENT" || errno === "ENOTDIR" || errno === "ELOOP" || errno === "ENAMETOOLONG";
}

/** Whether the failure says that the last name of a path is not there, or the way to it is not. */
export function isMissing(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno === "ENOENT" || errno === "ENOTDIR";
}

/** Whether a rename failed because source and destination lie on different file systems. */
export function isOtherFileSystem(cause: unknown): boolean {
  return errnoOf(cause) === "EXDEV";
}

/** Whether a directory could not be removed because it has members. */
export function isNotEmpty(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno === "ENOTEMPTY" || errno === "EEXIST";
}

/** Whether the disk is full, or a quota used up: told by the system, or by LMDB in a number and words of its own. */
export function isFull(cause: unknown): boolean {
  if (cause instanceof Error && "code" in cause && cause.code === "no-space") return true;
  const errno = errnoOf(cause);
  if (errno === "ENOSPC" || errno === "EDQUOT") return true;
  if (!(cause instanceof Error)) return false;
  return /No space left on device|Disk quota exceeded/.test(cause.message) || isFull(cause.cause);
}

/** Whether this process, or the system, has no file descriptor left: one may be free in a moment. */
export function hasNoDescriptor(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno === "EMFILE" || errno === "ENFILE";
}

/** Whether a failure to give a name may be that of the name itself. */
export function mayBeOfName(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno === "ENOENT" || errno === "EINVAL";
}

/** Whether a name is taken already. */
export function isTaken(cause: unknown): boolean {
  return errnoOf(cause) === "EEXIST";
}

/**
 * Whether directories cannot be synced here: the file system has no such call, or the process may not read this one,
 * without which the system does not open it.
 */
export function isUnsyncable(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno !== undefined && unsyncable.has(errno);
}

const unsyncable: ReadonlySet<string> = new Set([
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EACCES",
  "EPERM",
]);

/**
 * A sync failed: the kernel may have dropped what it could not write. Content is discarded then, and a full disk told as
 * such; names are as they were changed ("not-synced"), whatever the reason.
 */
export function syncError(cause: unknown, code: "not-written" | "not-synced"): TreeError {
  const told = code === "not-written" && isFull(cause) ? "no-space" : code;
  const errno = errnoOf(cause) ?? "an unknown error";
  return new TreeError(told, `the sync to the disk failed: ${errno}`, { cause });
}

/** What a work failed with that was undone: names that could not be synced are gone again, so nothing was made. */
export function undoneError(cause: unknown): TreeError {
  const error = treeError(cause);
  return error.code === "not-synced" ? syncError(error.cause, "not-written") : error;
}

/** Whether a file could not be opened for writing because it is a program that runs. */
export function isRunning(cause: unknown): boolean {
  return errnoOf(cause) === "ETXTBSY";
}

/** Whether a directory could not take a name because something else than an empty directory has it. */
export function isOccupied(cause: unknown): boolean {
  return isNotEmpty(cause) || errnoOf(cause) === "ENOTDIR";
}

/** Whether the file system gives a file no second name: it has none at all, or none more, or not this process's. */
export function hasNoLinks(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno !== undefined && noLinks.has(errno);
}

const noLinks: ReadonlySet<string> = new Set([
  "EACCES",
  "EMLINK",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
  "EINVAL",
]);

/** Whether the file system has no cheap copy (reflink) between these two files. */
export function hasNoReflink(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno !== undefined && noReflink.has(errno);
}

const noReflink: ReadonlySet<string> = new Set([
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EXDEV",
  "EINVAL",
  "ENOTTY",
  "EPERM",
]);

const codes: Readonly<Record<string, TreeErrorCode>> = {
  EACCES: "denied",
  EBUSY: "busy",
  EDQUOT: "no-space",
  EEXIST: "exists",
  EFBIG: "too-large",
  // A directory moved into itself, and names that this file system cannot have.
  EINVAL: "denied",
  EILSEQ: "name-refused",
  EISDIR: "is-a-collection",
  EMLINK: "no-space",
  ENAMETOOLONG: "name-too-long",
  ENOSPC: "no-space",
  // A new member appeared in a directory while it was being removed.
  ENOTEMPTY: "busy",
  EPERM: "denied",
  EROFS: "denied",
  ETXTBSY: "busy",
};

function errnoOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !("code" in cause)) return undefined;
  return typeof cause.code === "string" && /^E[A-Z0-9]+$/.test(cause.code) ? cause.code : undefined;
}
