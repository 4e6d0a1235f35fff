import type { Lock } from "@meanwhile/dav";
import { TreeError } from "../store.ts";

/** The format of a lock's record. Raised when an older server could not read it any more. */
const formatVersion = 1;

/** A lock as it is kept under its token. What a lock does not have is absent. */
export interface LockRecordJson extends Omit<Lock, "token" | "owner" | "principal"> {
  readonly version: number;
  readonly owner?: string;
  readonly principal?: string;
}

/** Writes a lock as the record that {@link readLockRecord} reads. */
export function writeLockRecord({ token: _, owner, principal, ...lock }: Lock): LockRecordJson {
  return {
    version: formatVersion,
    ...lock,
    ...(owner === undefined ? {} : { owner }),
    ...(principal === undefined ? {} : { principal }),
  };
}

/** @throws {TreeError} "unavailable" if it is not the record of a lock, or one of a newer format. */
export function readLockRecord(token: unknown, record: unknown): Lock {
  if (typeof token !== "string" || typeof record !== "object" || record === null) throw damaged(token);
  const { version, root, scope, depth, owner, principal, timeoutSeconds, expiresAtMs } = record as Partial<
    Record<keyof LockRecordJson, unknown>
  >;
  if (typeof version === "number" && version > formatVersion) {
    throw new TreeError(
      "unavailable",
      `the locks are kept in format ${version}; this version reads ${formatVersion}`,
    );
  }
  if (
    version !== formatVersion ||
    !isResourcePath(root) ||
    (scope !== "exclusive" && scope !== "shared") ||
    (depth !== "0" && depth !== "infinity") ||
    !isOptionalString(owner) ||
    !isOptionalString(principal) ||
    !isTime(timeoutSeconds) ||
    !isTime(expiresAtMs)
  ) {
    throw damaged(token);
  }
  return { token, root, scope, depth, owner, principal, timeoutSeconds, expiresAtMs };
}

function isResourcePath(value: unknown): value is Lock["root"] {
  return typeof value === "string" && value.startsWith("/");
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function damaged(token: unknown): TreeError {
  return new TreeError("unavailable", `the record of the lock ${String(token)} cannot be read`);
}
