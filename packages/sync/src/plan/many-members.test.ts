import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { surroundingsOf } from "../local/folder-surroundings.ts";
import { SyncState } from "../record/sync-state.ts";
import { FolderTally } from "../run/folder-tally.ts";
import { testFolder } from "../testing/test-folder.ts";
import type { FolderMember } from "./folder-member.ts";
import { type FolderSide, type PlanningOptions, planFolder } from "./plan-folder.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const members = 100_000;

function used(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** So many documents in so many collections. */
function side(collections: number, etag: string): FolderSide {
  return {
    async *list({ path }): AsyncGenerator<FolderMember> {
      if (path === "") {
        for (let number = 0; number < collections; number += 1)
          yield { kind: "collection", name: `collection-${number}` };
      } else {
        for (let number = 0; number < members / collections; number += 1)
          yield {
            ...{
              kind: "document",
              name: `document number ${number}.jpeg`,
              size: number,
              modifiedMs: 1000 * number,
            },
            etag: `"${etag}-${path}-${number}"`,
          };
      }
    },
  };
}

function planning(options: Pick<PlanningOptions, "source" | "destination">): PlanningOptions {
  return {
    ...options,
    root: { path: "", local: "", href: "http://files.example/base/" },
    destinationMissing: false,
    folding: { ignoresCase: false, ignoresForm: false },
    ...{ direction: "up", delete: false, overwrite: true, replace: false, clockAheadMs: 0, state: undefined },
    ...{ concurrency: 4, maxMembers: 1_000_000, tally: new FolderTally() },
    signal: new AbortController().signal,
  };
}

test("a plan for 100,000 members in 1,000 collections takes few bytes a member", async () => {
  const nothing: FolderSide = { async *list() {} };
  const source = side(1000, "new");
  const before = used();
  const plan = await planFolder(planning({ source, destination: nothing }));
  const bytes = (used() - before) / members;
  expect(plan.transfers).toHaveLength(members);
  // Path, address and what is known of the document.
  expect(bytes).toBeLessThan(700);
});

test.each([1, 1000])(
  "where all is the same, nothing of 100,000 members in %i collections stays",
  async (collections) => {
    const before = used();
    const plan = await planFolder(
      planning({ source: side(collections, "one"), destination: side(collections, "other") }),
    );
    const bytes = (used() - before) / members;
    expect(plan.transfers).toHaveLength(0);
    expect(bytes).toBeLessThan(20);
  },
);

test("what is remembered of 100,000 documents takes few bytes each", async () => {
  const { stateDirectory } = testFolder();
  const file = `${stateDirectory}/x.jsonl`;
  const written = await SyncState.open(file, surroundingsOf());
  for (let number = 0; number < members; number += 1) {
    const remote = { size: number, modifiedMs: 1000 * number, etag: `"tag-${number}"` };
    written.found(`collection/document number ${number}.jpeg`, {
      localSize: number,
      localModifiedMs: number,
      remote,
    });
  }
  await written.finish({ well: true, whole: false });
  const before = used();
  const state = await SyncState.open(file, surroundingsOf());
  const bytes = (used() - before) / members;
  expect(state.recordOf("collection/document number 99999.jpeg")).toMatchObject({ localSize: 99_999 });
  expect(bytes).toBeLessThan(600);
});
