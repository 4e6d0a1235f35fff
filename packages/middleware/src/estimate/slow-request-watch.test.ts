import { expect, test } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import { createAttention } from "./slow-request-watch.ts";

test("an item is looked at once, between once and twice the time; one that was taken out is not", () => {
  const { after, advance } = manualTimers();
  const seen: string[] = [];
  const attention = createAttention<string>(50, after, (item) => seen.push(item));
  attention.add("slow");
  attention.add("quick").item = undefined;
  advance(50);
  expect(seen).toEqual([]);
  attention.add("later");
  advance(50);
  expect(seen).toEqual(["slow"]);
  advance(50);
  advance(50);
  expect(seen).toEqual(["slow", "later"]);
});

test("without items there is no timer, nor after it was closed", () => {
  const timers = manualTimers();
  const seen: string[] = [];
  const attention = createAttention<string>(50, timers.after, (item) => seen.push(item));
  expect(timers.pending).toBe(0);
  attention.add("slow");
  timers.advance(50);
  timers.advance(50);
  expect([seen, timers.pending]).toEqual([["slow"], 0]);
  attention.add("another");
  attention.close();
  expect(timers.pending).toBe(0);
});
