import { describe, expect, test } from "vitest";
import { TreeError } from "../store.ts";
import { type TestWork, testWork } from "./test-work.ts";
import { at } from "./tree/tree-fixture.ts";

test("a work keeps what it was told", () => {
  const work = testWork();
  work.found(1);
  work.found(2);
  work.counted();
  work.bytes(5, 10);
  work.done(at("/a/b"), "document");
  const error = new TreeError("denied");
  work.failed(at("/a/c"), "collection", error);
  work.done(at("/a"), "collection");
  expect(work).toMatchObject({ foundMembers: 3, countedTimes: 1, donePaths: ["/a/b", "/a"], violations: [] });
  expect([...work.failures]).toEqual([["/a/c", "denied"]]);
  expect(work.events.map(({ kind }) => kind)).toEqual([
    "found",
    "found",
    "counted",
    "bytes",
    "done",
    "failed",
    "done",
  ]);
});

describe("a work notes a broken promise:", () => {
  const cases: readonly [string, (work: TestWork) => void][] = [
    ["more is done than was found", (work) => work.done(at("/a"), "document")],
    ["a number of members that cannot be", (work) => work.found(0.5)],
    ["less than no members", (work) => work.found(-1)],
    [
      "the total grows after it was told",
      (work) => {
        work.counted();
        work.found(1);
      },
    ],
    [
      "the total is told twice",
      (work) => {
        work.counted();
        work.counted();
      },
    ],
    [
      "a member is done twice",
      (work) => {
        work.found(5);
        work.done(at("/a"), "document");
        work.done(at("/a"), "document");
      },
    ],
    [
      "a member is done and failed",
      (work) => {
        work.found(5);
        work.failed(at("/a"), "document", new TreeError("denied"));
        work.done(at("/a"), "document");
      },
    ],
    [
      "a skipped member is done",
      (work) => {
        work.found(5);
        work.done(at("/skipped"), "document");
      },
    ],
    ["more bytes are done than there are", (work) => work.bytes(2, 1)],
  ];
  test.each(cases)("%s", (_name, act) => {
    const work = testWork({ skipped: [at("/skipped")] });
    act(work);
    expect(work.violations).toHaveLength(1);
  });
});
