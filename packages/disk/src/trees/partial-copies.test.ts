/** Only what is whole replaces anything: members fail while they are staged, for every reason that a system has. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree, TreeWork } from "@meanwhile/server/store";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import type { Change } from "../calls/before-change.ts";
import { makeCrashSite, startProcess } from "../testing/crash/crash.ts";
import { type CrashCase, crashCases, makeCrashTree } from "../testing/crash/crash-cases.ts";

const errnos = ["ENOSPC", "EDQUOT", "EMFILE", "EIO", "EACCES", "ESTALE"];
const calls: readonly Change["call"][] = ["create", "write", "times", "mkdir"];
const at = (path: string): ResourcePath => path as ResourcePath;

interface Replacing {
  readonly name: string;
  readonly from: string;
  readonly replaces: CrashCase["replaces"];
  run(tree: Tree, work: TreeWork): Promise<unknown>;
}

const replacing: readonly Replacing[] = [
  "COPY over a collection",
  "COPY over a document",
  "MOVE to another file system",
  "MOVE to another file system, over a collection",
].map((name) => {
  const crash = crashCases.find((candidate) => candidate.name === name);
  if (crash === undefined) throw new Error(`no case is called ${name}`);
  return { name, from: "/source", replaces: crash.replaces, run: crash.run };
});

/** All files below a folder, with their content. */
function contents(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(files.sort().map((file) => [file, readFileSync(file, "utf8")]));
}

/** Fails one call on a member of what is staged; and makes of two names of one file system two file systems. */
function failingOnce(
  call: Change["call"],
  errno: string,
  state: { failed: boolean },
): (change: Change) => void {
  return (change) => {
    const path = change.path?.toString() ?? "";
    if (change.call === "rename" && path.endsWith("/source")) throw failure("EXDEV");
    const inside = call === "mkdir" ? /\/[de]$/ : call === "write" || call === "times" ? /^$/ : /[abcz]$/;
    if (state.failed || change.call !== call || !inside.test(path)) return;
    state.failed = true;
    throw failure(errno);
  };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test.each(replacing)("$name: a member that cannot be staged leaves both ends as they were", async (crash) => {
  for (const errno of errnos) {
    for (const call of calls) {
      const state = { failed: true };
      const site = makeCrashSite(failingOnce(call, errno, state));
      const { tree, left } = startProcess(site);
      await makeCrashTree(site.folder, tree, { ...crash, skipped: [] });
      const before = contents(site.folder);
      const properties = await tree.properties(at("/destination"));
      const work = testWork();
      state.failed = false;
      const context = `${call} fails with ${errno}`;
      await expect(crash.run(tree, work), context).rejects.toMatchObject({ code: "incomplete" });
      expect(state.failed, context).toBe(true);
      expect(work.failures.size, context).toBe(1);
      expect(work.violations, context).toEqual([]);
      expect(contents(site.folder), context).toEqual(before);
      expect(await tree.properties(at("/destination"))).toEqual(properties);
      expect(existsSync(join(site.folder, "destination")), context).toBe(crash.replaces !== undefined);
      expect(left, context).toEqual([]);
      // With the cause gone, the same request is done.
      await crash.run(tree, testWork());
      expect(existsSync(join(site.folder, "destination/d/b")), context).toBe(true);
    }
  }
});
