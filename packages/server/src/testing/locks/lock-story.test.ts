import { describe, expect, test } from "vitest";
import { createMemoryLockStore } from "../memory/memory-lock-store.ts";
import { runLockStory } from "./lock-story.ts";

function run(story: string): Promise<void> {
  let nowMs = 0;
  const store = createMemoryLockStore({ clock: () => nowMs, limits: { locksPerResource: 2 } });
  const advance = (seconds: number) => {
    nowMs += seconds * 1000;
  };
  return runLockStory({ store, advance }, story);
}

test("a true story of locks ends well", async () => {
  await run(`
    lock /a infinity shared by ann → t1
    lock /a 0 shared by bob for 5s → t2
    lock /a 0 shared by bob → exhausted
    lock /a/b 0 exclusive by cem → conflict t1
    covering /a → t2 t1
    refresh t2 for 6s → granted
    advance 6s
    refresh t2 for 6s → gone
    within / → t1
    remove t1 → yes
    remove t1 → no
    remove-within /
    covering /a → none
  `);
});

describe("a story of locks that is not true fails at its line:", () => {
  test.each([
    "lock /a 0 shared by ann → conflict t1",
    "lock /a 0 shared by ann → exhausted",
    "lock /a 0 exclusive by ann → t2",
    "lock /a 0 exclusive by ann → conflict none",
    "covering /a → none",
    "covering /a → t1 t2",
    "covering /a/b → t1",
    "within / → none",
    "remove t1 → no",
    "refresh t1 for 5s → gone",
    "reopen",
  ])("%s", async (line) => {
    await expect(run(`lock /a 0 shared by ann → t1\n${line}`)).rejects.toThrow(/→|expected|opened again/i);
  });

  test.each(["lock /a 1 shared by ann → t1", "unlock t1", "remove t9 → yes", "covering /a"])(
    "%s",
    async (line) => {
      await expect(run(line)).rejects.toThrow(TypeError);
    },
  );
});
