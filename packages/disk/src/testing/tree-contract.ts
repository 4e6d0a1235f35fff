/** The contract of trees, for folders. */
import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Tree } from "@meanwhile/server/store";
import { type TreeCapabilities, treeContract } from "@meanwhile/server/testing";
import { stateIn } from "@meanwhile/state-lmdb/testing";
import { open } from "lmdb";
import { describe, onTestFinished } from "vitest";
import { type Need, testWith } from "../../../../conformance/judge.ts";
import { Calls } from "../calls/calls.ts";
import { Folder } from "../paths/folder.ts";
import { Temporaries } from "../placing/temporaries.ts";
import { DeadProperties } from "../properties/dead-properties.ts";
import { FolderTree } from "../trees/folder-tree.ts";
import { FileWorkers } from "../workers/file-workers.ts";
import { Pace } from "../workers/pace.ts";
import { Routes } from "../workers/routes.ts";
import { Works } from "../works/works.ts";
import { makeFolder } from "./disk.ts";
import { FoldingCalls, type Form } from "./folding-calls.ts";
import { dropPrivileges } from "./privileges.ts";

const posix: true | undefined = process.platform === "linux" ? true : undefined;

function capabilities(folder: string): TreeCapabilities {
  return {
    caseSensitive: posix,
    normalizationSensitive: posix,
    anyCharacter: posix,
    nameBytes: 255,
    propertyBytes: 1024 * 1024,
    unreadable: (path: string) => {
      chmodSync(folder + path, 0);
      // The way to the folder is the test's own, and closed to others.
      chmodSync(dirname(folder), 0o755);
      dropPrivileges(folder, join(dirname(folder), "state"));
    },
    unwritable: (path: string) => {
      chmodSync(folder + path, 0o444);
      chmodSync(dirname(folder), 0o755);
      dropPrivileges(folder, join(dirname(folder), "state"));
    },
    irremovable: (path: string) => {
      execFileSync("chattr", ["+i", folder + path]);
      onTestFinished(() => void execFileSync("chattr", ["-i", folder + path]));
    },
  };
}

/** What a machine must have for the cases that need more than a tree. */
const needs: Readonly<Record<string, readonly Need[]>> = {
  unreadable: ["permissions"],
  unwritable: ["permissions"],
  irremovable: ["chattr"],
  caseSensitive: ["linux"],
  normalizationSensitive: ["linux"],
  anyCharacter: ["linux"],
};

/** Describes the contract of trees for a tree on a folder, which is made anew for each case. */
export function describeContract(
  title: string,
  make: () => FolderTreeSite | Promise<FolderTreeSite>,
  changed: TreeCapabilities = {},
  only: RegExp = /./,
): void {
  describe(title, () => {
    for (const { name, needs: needed = "", run } of treeContract) {
      if (!only.test(name)) continue;
      if (needed !== "" && !(needed in { ...capabilities(""), ...changed })) continue;
      if (needed in changed && changed[needed as keyof TreeCapabilities] === undefined) continue;
      testWith(needs[needed] ?? [], name, async () => {
        const { tree, folder } = await make();
        await run({ tree, capabilities: { ...capabilities(folder), ...changed } });
      });
    }
  });
}

interface FolderTreeSite {
  readonly folder: string;
  readonly tree: Tree;
}

const workers = new FileWorkers();

/** Parts of a disk, chosen by the test. */
export function makeParts(options: {
  readonly pinning: boolean;
  readonly slow: boolean;
  /** Which spellings are one name; default: all are different ones. */
  readonly form?: Form;
}) {
  const { folder, state } = makeFolder();
  // Durability is tried elsewhere; here it would only take time.
  const database = open({ path: state, maxDbs: 32, noSubdir: false, noSync: true });
  onTestFinished(() => database.close());
  const kept = stateIn(database);
  // On a mount that is not local all calls are made in workers.
  const mounts = { mountOf: () => ({ id: "network", point: folder, local: false, inMemory: false }) };
  const routes = new Routes({ workers, root: folder, ...(options.slow ? { mounts } : {}) });
  const { form } = options;
  const calls =
    form === undefined
      ? new Calls(new Pace(), undefined, { routes })
      : new FoldingCalls(form, new Pace(), undefined, { routes });
  const served = new Folder({ root: folder, state, calls, pinning: options.pinning });
  let id = 0;
  const randomId = () => `id${++id}`;
  const owner = { id: "parts", epoch: 1 };
  const context = {
    folder: served,
    deadProperties: new DeadProperties({ part: kept.part() }),
    temporaries: new Temporaries({ part: kept.part(), randomId, owner }),
    works: new Works({ part: kept.part(), randomId, owner, clock: Date.now }),
    clock: Date.now,
    left: () => {},
  };
  return { folder, tree: new FolderTree(context) };
}
