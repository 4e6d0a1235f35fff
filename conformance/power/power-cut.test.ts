/** A loss of power, as a disk sees it: docs/why/durability.md says what is left. */
import { expect, test } from "vitest";
import { describeWith } from "../judge.ts";
import { seed } from "../random.ts";
import { readDurabilityTable } from "./durability-table.ts";
import { runCuts } from "./run-cuts.ts";

const title = "after a cut of the power";
describeWith(["loopMounts", "xfsprogs"], title, () => {
  test(`what was answered is there, and nothing hidden (seed ${seed})`, async () => {
    await runCuts({
      series: "one",
      cuts: 2,
      seed,
      durability: "full",
      promises: readDurabilityTable("full"),
    });
  }, 60_000);

  test(`the same with tree and state on two file systems (seed ${seed})`, async () => {
    const promises = readDurabilityTable("full");
    expect(promises.MOVE).toBe("all of it");
    await runCuts({ series: "two", cuts: 1, seed, durability: "full", promises });
  }, 60_000);
});
