import { expect, test } from "vitest";
import { TreeError, type TreeErrorCode } from "../store.ts";
import { fromTreeError } from "./tree-status.ts";

const table: readonly [code: TreeErrorCode, method: string, status: number][] = [
  ["not-found", "DELETE", 404],
  ["exists", "MKCOL", 405],
  ["exists", "COPY", 412],
  ["exists", "MOVE", 412],
  ["parent-missing", "PUT", 409],
  ["parent-missing", "MKCOL", 409],
  ["is-a-collection", "PUT", 405],
  ["not-a-collection", "PROPFIND", 409],
  ["no-space", "PUT", 507],
  ["no-space", "COPY", 507],
  ["denied", "GET", 403],
  ["name-too-long", "PUT", 414],
  ["name-too-long", "MKCOL", 414],
  ["name-too-long", "COPY", 403],
  ["name-too-long", "MOVE", 403],
  ["name-refused", "PUT", 403],
  ["too-large", "PUT", 413],
  ["too-large", "PROPPATCH", 507],
  ["busy", "DELETE", 503],
  ["unavailable", "COPY", 503],
  ["not-written", "PUT", 500],
  ["not-synced", "PUT", 500],
  ["not-recorded", "MOVE", 500],
  ["changed", "MOVE", 409],
  ["stopped", "COPY", 409],
];
test.each(table)("%s in a %s is told as %d", (code, method, status) => {
  const cause = new TreeError(code, "/home/jane/secret");
  const error = fromTreeError(cause, method);
  expect(error.status).toBe(status);
  expect(error.cause).toBe(cause);
  expect(error.message).not.toContain("jane");
  expect(error.fields["Retry-After"] !== undefined).toBe(status === 503);
  expect(error.condition?.code).toBe(code === "no-space" ? "sufficient-disk-space" : undefined);
});
