import { describe, expect, test } from "vitest";
import { type Comparison, compareDocument, sameRemote } from "./compare-document.ts";

const local = { size: 3, modifiedMs: 10_000_500 };
const remote = { size: 3, modifiedMs: 20_000_000, etag: '"1"' };
const record = { localSize: 3, localModifiedMs: 10_000_500, remote };
const changedLocal = { size: 3, modifiedMs: 30_000_000 };
const changedRemote = { size: 3, modifiedMs: 20_000_000, etag: '"2"' };
const known = { local, remote, record, complete: true, overwrite: false, clockAheadMs: 0 };

describe("compareDocument", () => {
  const cases: readonly [string, Partial<Comparison>, string, string][] = [
    ["neither side changed", {}, "same", "same"],
    ["the local side changed", { local: changedLocal }, "transfer", "conflict"],
    ["the remote side changed", { remote: changedRemote }, "conflict", "transfer"],
    ["both changed", { local: changedLocal, remote: changedRemote }, "conflict", "conflict"],
    [
      "both changed, and overwrite",
      { local: changedLocal, remote: changedRemote, overwrite: true },
      "transfer",
      "transfer",
    ],
    [
      "both changed to the same",
      {
        local: { size: 5, modifiedMs: 40_000_000 },
        remote: { size: 5, modifiedMs: 40_000_000, etag: '"3"' },
      },
      "same",
      "same",
    ],
    ["nothing is known", { record: undefined, complete: false }, "same", "transfer"],
    [
      "nothing is known, and lengths differ",
      { record: undefined, complete: false, remote: { ...remote, size: 4 } },
      "transfer",
      "transfer",
    ],
    [
      "nothing is known, and the times are the same",
      { record: undefined, complete: false, remote: { size: 3, modifiedMs: 10_000_500 } },
      "same",
      "same",
    ],
    [
      "nothing is known, and the times are the same but for what servers do not tell",
      { record: undefined, complete: false, remote: { size: 3, modifiedMs: 10_000_000 } },
      "transfer",
      "same",
    ],
    [
      "nothing is known, and the resource is only a little younger",
      { record: undefined, complete: false, remote: { size: 3, modifiedMs: 10_002_000 } },
      "transfer",
      "same",
    ],
    [
      "nothing is known, and the server's clock is ahead",
      { record: undefined, complete: false, clockAheadMs: 10_000_000 },
      "transfer",
      "transfer",
    ],
    [
      "nothing is known, not even times",
      { record: undefined, complete: false, remote: { size: 3 } },
      "transfer",
      "transfer",
    ],
    ["both are new", { record: undefined }, "conflict", "conflict"],
    [
      "both are new, with the same time",
      { record: undefined, remote: { size: 3, modifiedMs: 10_000_500 } },
      "same",
      "same",
    ],
    ["both are new, and overwrite", { record: undefined, overwrite: true }, "transfer", "transfer"],
    ["a transfer had begun and may have ended well", { record: "begun" }, "same", "transfer"],
    [
      "a transfer had begun and did not end well",
      { record: "begun", remote: { ...remote, size: 2 } },
      "transfer",
      "transfer",
    ],
  ];
  test.each(cases)("%s", (_what, given, up, down) => {
    expect(compareDocument({ ...known, ...given, direction: "up" })).toBe(up);
    expect(compareDocument({ ...known, ...given, direction: "down" })).toBe(down);
  });
});

test.each([
  [{ size: 3, etag: '"1"' }, { size: 3, etag: '"1"' }, true],
  [{ size: 3, etag: '"1"' }, { size: 3, etag: '"2"' }, false],
  // Apache calls the tag of what changed within the last second weak (RFC 9110 §8.8.3.2).
  [{ size: 3, etag: '"1"' }, { size: 3, etag: 'W/"1"' }, true],
  [{ size: 3, modifiedMs: 1 }, { size: 3, modifiedMs: 1 }, true],
  [{ size: 3, modifiedMs: 1 }, { size: 3, modifiedMs: 2 }, false],
  [{ size: 3, modifiedMs: 1 }, { size: 4, modifiedMs: 1 }, false],
  [{ size: 3, modifiedMs: 1 }, { size: 3, etag: '"1"' }, true],
])("sameRemote %j %j is %s", (now, then, same) => {
  expect(sameRemote(now, then)).toBe(same);
});
