import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { descriptorLimit, shareDescriptors } from "./descriptors.ts";

test.each([
  [64, { trees: 1, documents: 4, uploads: 8, connections: 25 }],
  [1024, { trees: 4, documents: 64, uploads: 128, connections: 409 }],
  [20_000, { trees: 8, documents: 128, uploads: 2500, connections: 8000 }],
  [1_048_576, { trees: 8, documents: 128, uploads: 4096, connections: 419_430 }],
])("%d descriptors are shared out", (limit, shares) => {
  expect(shareDescriptors(limit)).toEqual(shares);
});

test.each([256, 1024, 4096, 65_536])("of %d some are left for requests that read", (limit) => {
  const { trees, documents, uploads, connections } = shareDescriptors(limit);
  expect(trees * 40 + documents * 2 + uploads + connections).toBeLessThan(limit * 0.9);
});

test("the limit is the hard one, to which Node raises its own", ({ skip }) => {
  skip(process.platform !== "linux", "only Linux tells it in /proc");
  const hard = spawnSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).stdout.trim();
  expect(descriptorLimit()).toBe(hard === "unlimited" ? 1_048_576 : Number(hard));
});
