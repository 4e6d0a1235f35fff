import { expect, test } from "vitest";
import { endedEntry, journalEntry } from "../testing/journal-entry.ts";
import { bare, SecretWatch, secretMs, secretSince, withoutSecrets } from "./secrets.ts";

const secret = {
  status: 200,
  fields: { "Set-Cookie": "session=1" },
  content: "hello",
  secret: true,
} as const;

test("of an outcome that holds secrets the status stays, and whether its request runs anew", () => {
  const gone = { status: 200, fields: {}, content: "", secret: true, forgotten: true };
  expect(bare(secret)).toEqual(gone);
  expect(bare({ ...secret, runsAnew: true })).toEqual({ ...gone, runsAnew: true });
  const forgotten = bare(secret);
  expect(bare(forgotten)).toBe(forgotten);
});

test("other outcomes, and entries without one, stay as they are", () => {
  const plain = { status: 200, fields: {}, content: "hello" };
  expect(bare(plain)).toBe(plain);
  expect(withoutSecrets(journalEntry("a"))).toEqual(journalEntry("a"));
  expect(withoutSecrets(endedEntry("a", 5, "x")).outcome?.content).toBe("x");
});

test("secrets count from the end of their operation", () => {
  expect(secretSince(endedEntry("a", 7, "", { outcome: secret }))).toBe(7);
  expect(secretSince(journalEntry("a", { startedAtMs: 3, outcome: secret }))).toBe(3);
  expect(secretSince(endedEntry("a", 7, "", { outcome: bare(secret) }))).toBeUndefined();
  expect(secretSince(journalEntry("a"))).toBeUndefined();
});

/** A watch on a clock that the test moves. */
function watch() {
  let nowMs = 0;
  let timer: { readonly atMs: number; readonly call: () => void } | undefined;
  const forgotten: string[] = [];
  const after = (ms: number, call: () => void) => {
    timer = { atMs: nowMs + ms, call };
    return () => {
      timer = undefined;
    };
  };
  const secrets = new SecretWatch({ now: () => nowMs, lease: () => nowMs, after }, (id) => {
    forgotten.push(id);
    secrets.remove(id);
  });
  return {
    secrets,
    forgotten,
    isWatching: () => timer !== undefined,
    advanceTo(ms: number) {
      nowMs = ms;
      const due = timer;
      if (due === undefined || due.atMs > nowMs) return;
      timer = undefined;
      due.call();
    },
  };
}

test("they are forgotten ten minutes after they came, each at its time", () => {
  const { secrets, forgotten, advanceTo, isWatching } = watch();
  secrets.put("a", 0);
  advanceTo(1000);
  secrets.put("b", 1000);
  // Put again, it does not last longer.
  secrets.put("a", 1000);
  advanceTo(secretMs - 1);
  expect([secrets.isDue("a"), forgotten]).toEqual([false, []]);
  advanceTo(secretMs);
  expect(forgotten).toEqual(["a"]);
  advanceTo(secretMs + 1000);
  expect([forgotten, isWatching()]).toEqual([["a", "b"], false]);
});

test("what ended a while ago is forgotten sooner, what ended in the future no later", () => {
  const { secrets, forgotten, advanceTo } = watch();
  advanceTo(100_000);
  secrets.put("old", 40_000);
  secrets.put("future", 100_000 + 5 * secretMs);
  advanceTo(40_000 + secretMs - 1);
  expect(forgotten).toEqual([]);
  advanceTo(40_000 + secretMs);
  expect(forgotten).toEqual(["old"]);
  advanceTo(100_000 + secretMs);
  expect(forgotten).toEqual(["old", "future"]);
});

test("what ended earlier is forgotten earlier, in whatever order it came", () => {
  const { secrets, forgotten, advanceTo } = watch();
  advanceTo(100_000);
  secrets.put("late", 100_000);
  secrets.put("early", 40_000);
  advanceTo(40_000 + secretMs);
  expect(forgotten).toEqual(["early"]);
  advanceTo(100_000 + secretMs);
  expect(forgotten).toEqual(["early", "late"]);
});

test("what is long past is forgotten within a second", () => {
  const { secrets, forgotten, advanceTo } = watch();
  advanceTo(2 * secretMs);
  secrets.put("a", 0);
  expect(secrets.isDue("a")).toBe(true);
  advanceTo(2 * secretMs + 999);
  expect(forgotten).toEqual([]);
  advanceTo(2 * secretMs + 1_000);
  expect(forgotten).toEqual(["a"]);
});

test("what is removed, or replaced by an entry without secrets, is watched no more", () => {
  const { secrets, forgotten, advanceTo, isWatching } = watch();
  secrets.put("a", 0);
  secrets.put("b", 0);
  secrets.remove("a");
  expect(isWatching()).toBe(true);
  secrets.put("b", undefined);
  expect(isWatching()).toBe(false);
  advanceTo(2 * secretMs);
  expect(forgotten).toEqual([]);
});
