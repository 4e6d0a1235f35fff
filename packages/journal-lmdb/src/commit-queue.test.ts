import type { RootDatabase } from "lmdb";
import { expect, test } from "vitest";
import { CommitQueue } from "./commit-queue.ts";

/** A database of which each commit makes its changes, or fails with the next of these. */
function database(...failures: (Error | undefined)[]) {
  const commits: string[][] = [];
  let changes: string[] = [];
  const transactionSync = (act: () => void): void => {
    changes = [];
    act();
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    commits.push(changes);
  };
  return {
    database: { transactionSync } as unknown as RootDatabase,
    commits,
    change: (name: string) => () => void changes.push(name),
  };
}

const full = Object.assign(new Error("MDB_MAP_FULL"), { code: "ENOSPC" });

test("the changes of one turn are one commit, in their order; those of the next turn another", async () => {
  const { database: db, commits, change } = database();
  const queue = new CommitQueue(db);
  await Promise.all([queue.run(change("a")), queue.run(change("b"))]);
  await queue.run(change("c"));
  expect(commits).toEqual([["a", "b"], ["c"]]);
});

test("where a commit fails, each of its changes does, and the next commit is made", async () => {
  const { database: db, commits, change } = database(new Error("EIO"));
  const queue = new CommitQueue(db);
  const settled = await Promise.allSettled([queue.run(change("a")), queue.run(change("b"))]);
  for (const one of settled) {
    expect(one).toMatchObject({ status: "rejected", reason: { code: "ERR_JOURNAL_UNAVAILABLE" } });
  }
  await queue.run(change("c"));
  expect(commits).toEqual([["c"]]);
});

test("on a full disk, changes that free room are tried again with what is held in reserve, and alone", async () => {
  const { database: db, commits, change } = database(full);
  const queue = new CommitQueue(db, () => true);
  const [put, removal] = await Promise.allSettled([
    queue.run(change("put")),
    queue.run(change("removal"), { freesRoom: true }),
  ]);
  expect(put).toMatchObject({ status: "rejected", reason: { code: "ERR_JOURNAL_FULL" } });
  expect(removal?.status).toBe("fulfilled");
  expect(commits).toEqual([["removal"]]);
});

test.each([
  ["nothing is held in reserve", [full], false, "ERR_JOURNAL_FULL"],
  ["the second try fails too", [full, full], true, "ERR_JOURNAL_FULL"],
  ["the disk is not full", [new Error("EIO")], true, "ERR_JOURNAL_UNAVAILABLE"],
] as const)("a change that frees room fails where %s", async (_name, failures, makesRoom, code) => {
  const { database: db, commits, change } = database(...failures);
  const queue = new CommitQueue(db, () => makesRoom);
  await expect(queue.run(change("removal"), { freesRoom: true })).rejects.toMatchObject({ code });
  expect(commits).toEqual([]);
});

test("closing waits for the commit of what waits, and refuses what comes later", async () => {
  const { database: db, commits, change } = database();
  const queue = new CommitQueue(db);
  const waiting = queue.run(change("a"));
  await queue.close();
  await waiting;
  expect(commits).toEqual([["a"]]);
  await expect(queue.run(change("b"))).rejects.toMatchObject({ code: "ERR_JOURNAL_UNAVAILABLE" });
});
