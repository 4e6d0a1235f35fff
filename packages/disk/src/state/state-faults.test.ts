/** The state directory is full, or can no longer be written: nothing begins that could not be finished. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Placement, Tree, TreeWork } from "@meanwhile/server/store";
import { testWork } from "@meanwhile/server/testing";
import { describe, expect, test } from "vitest";
import type { Change } from "../calls/before-change.ts";
import { makeCrashSite, startProcess } from "../testing/crash/crash.ts";
import { crashCases, makeCrashTree } from "../testing/crash/crash-cases.ts";
import { describeFolder } from "../testing/crash/snapshot.ts";

const faults = [
  { what: "is full", code: "ENOSPC", told: "no-space" },
  { what: "went read-only", code: "EROFS", told: "unavailable" },
] as const;
const works = crashCases.filter(({ name, fault }) => fault === undefined && !name.includes("leaves"));
const pairs = works.flatMap((crash) => faults.map((fault) => ({ ...fault, crash, name: crash.name })));

test.each(pairs)(
  "$name fails where the state directory $what, and changes nothing",
  async ({ crash, code, told }) => {
    let broken = false;
    const site = {
      ...makeCrashSite(),
      databaseFault: () => {
        if (broken) throw Object.assign(new Error(code), { code });
      },
    };
    const { tree } = startProcess(site);
    await makeCrashTree(site.folder, tree, crash);
    const before = await describeFolder(site.folder, tree);
    broken = true;
    await expect(crash.run(tree, testWork())).rejects.toMatchObject({ name: "TreeError", code: told });
    expect(await describeFolder(site.folder, tree)).toEqual(before);
    broken = false;
    await crash.run(tree, testWork());
    expect(await describeFolder(site.folder, tree)).not.toEqual(before);
  },
);

const at = (path: string): ResourcePath => path as ResourcePath;
const set = (value: string) =>
  [
    { action: "set", property: { name: { namespace: "u", local: "p" }, xml: `<p xmlns="u">${value}</p>` } },
  ] as const;
const valueAt = async (tree: Tree, path: string): Promise<string | undefined> =>
  /<p [^>]*>(.*)<\/p>/.exec((await tree.properties(at(path)))[0]?.xml ?? "")?.[1];

describe("where the properties cannot be recorded once the content is in place", () => {
  const acrossFileSystems = ({ call, path, to }: Change): void => {
    const placing = call === "rename" && path?.toString().endsWith("/source") && !to?.includes("source");
    if (placing === true) throw Object.assign(new Error("EXDEV"), { code: "EXDEV" });
  };
  const cases = [
    { what: "MOVE", method: "move", replaces: false, stays: false, fault: undefined },
    { what: "MOVE onto another", method: "move", replaces: true, stays: false, fault: undefined },
    {
      what: "MOVE across file systems",
      method: "move",
      replaces: true,
      stays: true,
      fault: acrossFileSystems,
    },
    { what: "COPY", method: "copy", replaces: false, stays: true, fault: undefined },
    { what: "COPY onto another", method: "copy", replaces: true, stays: true, fault: undefined },
  ] as const;
  const kinds = ["document", "collection"] as const;
  const ends = ["goes on", "starts again", "resumes it"] as const;
  const table = cases.flatMap((one) => kinds.flatMap((kind) => ends.map((end) => ({ ...one, kind, end }))));
  test.each(table)("a $what of a $kind says so; they follow when the process $end", async (row) => {
    const { method, replaces, stays, fault, kind, end } = row;
    let isBroken = false;
    const made = makeCrashSite(fault);
    const inFolder = (name: string): string => join(made.folder, name);
    const isPlaced = (): boolean => {
      const [file] = [kind === "document" ? "target" : "target/member"].map(inFolder);
      return file !== undefined && existsSync(file) && readFileSync(file, "utf8") === "new";
    };
    const site = {
      ...made,
      databaseFault: () => {
        if (isBroken && isPlaced()) throw Object.assign(new Error("EIO"), { code: "EIO" });
      },
    };
    const { tree } = startProcess(site);
    const plant = async (name: string, content: string): Promise<void> => {
      if (kind === "collection") mkdirSync(inFolder(name));
      const document = kind === "document" ? name : `${name}/member`;
      writeFileSync(inFolder(document), content);
      for (const path of new Set([name, document])) await tree.patchProperties(at(`/${path}`), set(content));
    };
    await plant("source", "new");
    if (replaces) await plant("target", "old");
    writeFileSync(inFolder("other"), "");
    isBroken = true;
    const run = (on: Tree, work: TreeWork): Promise<unknown> => {
      const placement: Placement = { replace: true };
      return method === "move"
        ? on.move(at("/source"), at("/target"), placement, work)
        : on.copy(at("/source"), at("/target"), { ...placement, depth: "infinity" }, work);
    };
    await expect(run(tree, testWork({ id: "w" }))).rejects.toMatchObject({ code: "not-recorded" });
    expect(isPlaced()).toBe(true);
    expect(existsSync(inFolder("source"))).toBe(stays);
    // Those of what was replaced are not shown for it.
    expect(await valueAt(tree, "/target")).toBeUndefined();
    await expect(tree.patchProperties(at("/other"), set("x"))).rejects.toMatchObject({ code: "unavailable" });
    isBroken = false;
    let now: Tree = tree;
    if (end === "goes on") await tree.patchProperties(at("/other"), set("x"));
    else {
      const next = startProcess(site);
      now = next.tree;
      await next.recover(new Set(end === "resumes it" ? ["w"] : []));
      if (end === "resumes it") await run(now, testWork({ id: "w", resumed: true }));
    }
    for (const path of kind === "document" ? ["/target"] : ["/target", "/target/member"])
      expect(await valueAt(now, path)).toBe("new");
    // A later start changes nothing of what they are by then.
    await now.patchProperties(at("/target"), set("later"));
    const last = startProcess(site);
    await last.recover(new Set());
    expect(await valueAt(last.tree, "/target")).toBe("later");
  });
});
