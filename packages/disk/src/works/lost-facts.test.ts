import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree } from "@meanwhile/server/store";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { makeCrashSite, recordedFacts, recordFacts, startProcess } from "../testing/crash/crash.ts";
import type { WorkFacts } from "./work-facts.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const work = () => testWork({ id: "w" });

const works: readonly [name: string, act: (tree: Tree) => Promise<unknown>][] = [
  ["COPY", (tree) => tree.copy(at("/empty"), at("/new"), { replace: true, depth: "infinity" }, work())],
  ["MOVE", (tree) => tree.move(at("/empty"), at("/new"), { replace: true }, work())],
];

test.each(works)(
  "%s of an empty collection stays when a loss of power took the last facts of its record",
  async (_name, act) => {
    const recorded: WorkFacts[] = [];
    const record = (): void => {
      const facts = recordedFacts(site, "w");
      if (facts !== undefined && JSON.stringify(facts) !== JSON.stringify(recorded.at(-1)))
        recorded.push(facts);
    };
    const site = { ...makeCrashSite(), databaseFault: record };
    mkdirSync(join(site.folder, "empty"));
    await act(startProcess(site).tree);
    record();
    // The outcome was recorded, so nobody resumes it; any of these may be what is left of the record.
    const placeholder = recorded.findIndex((facts) => facts.placeholder !== undefined);
    expect(placeholder).toBeGreaterThan(0);
    expect(recorded.at(-1)?.ended).toBe(true);
    for (const facts of recorded.slice(placeholder)) {
      await recordFacts(site, "w", facts);
      await startProcess(site).recover(new Set());
      expect(existsSync(join(site.folder, "new")), JSON.stringify(facts)).toBe(true);
    }
  },
);
