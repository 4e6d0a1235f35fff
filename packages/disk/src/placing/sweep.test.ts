import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { expect, test } from "vitest";
import { makeCrashSite, startProcess } from "../testing/crash/crash.ts";

test("a start removes what earlier starts of its state left, and nothing of another state's, or of no owner's", async () => {
  const site = makeCrashSite();
  const draft = await startProcess(site).tree.draft("/a" as ResourcePath, { length: undefined });
  await draft.write(Buffer.from("half"));
  const others = [".meanwhile-other.1.put-r~", ".meanwhile-put-r~", ".meanwhile-site.99999999.put-r~"];
  for (const name of others) writeFileSync(join(site.folder, name), "");
  expect(readdirSync(site.folder)).toHaveLength(4);
  await startProcess(site).recover(new Set());
  expect(readdirSync(site.folder).sort()).toEqual([...others].sort());
});
