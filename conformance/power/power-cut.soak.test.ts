/** Many losses of power: 90 on one file system, 90 with the state on another, 20 with `--durability content`. */
import { expect, test } from "vitest";
import { describeWith } from "../judge.ts";
import { seed } from "../random.ts";
import { readDurabilityTable } from "./durability-table.ts";
import { type CutsOptions, runCuts } from "./run-cuts.ts";

const title = "after a cut of the power";
const series: readonly Pick<CutsOptions, "series" | "durability" | "cuts">[] = [
  { series: "one", durability: "full", cuts: 90 },
  { series: "two", durability: "full", cuts: 90 },
  { series: "one", durability: "content", cuts: 10 },
  { series: "two", durability: "content", cuts: 10 },
];

describeWith(["loopMounts", "xfsprogs"], title, () => {
  test.each(series)(
    `$cuts cuts of series $series with --durability $durability (seed ${seed})`,
    async ({ cuts, ...how }) => {
      const promises = readDurabilityTable(how.durability);
      const interrupted = await runCuts({ ...how, cuts, seed, promises });
      expect(interrupted).toBeGreaterThan(cuts);
    },
    1_800_000,
  );
});
