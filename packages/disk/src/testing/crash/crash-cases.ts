/** Works on a small tree, to be ended in at each of their steps. */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree, TreeWork } from "@meanwhile/server/store";
import type { Change } from "../../calls/before-change.ts";

export interface CrashCase {
  readonly name: string;
  /** Whether there is something at the destination. */
  readonly replaces: "collection" | "document" | undefined;
  readonly skipped: readonly ResourcePath[];
  /** It is recorded lightly: {@link TreeWork.light}. */
  readonly light?: boolean;
  fault?(change: Change): void;
  /** @param seen what was at the destination when it was judged */
  run(tree: Tree, work: TreeWork, seen?: string): Promise<unknown>;
}

const at = (path: string): ResourcePath => path as ResourcePath;
const source = at("/source");
const destination = at("/destination");
const placement = (seen: string | undefined) => ({ replace: true, ...(seen === undefined ? {} : { seen }) });
const copy = (tree: Tree, work: TreeWork, seen?: string) =>
  tree.copy(source, destination, { ...placement(seen), depth: "infinity" }, work);
const move = (tree: Tree, work: TreeWork, seen?: string) =>
  tree.move(source, destination, placement(seen), work);
const remove = (tree: Tree, work: TreeWork) => tree.remove(source, work);
const document = at("/source/a");
/** It has no dead properties. */
const undescribed = at("/source/z");
const plain = { replaces: undefined, skipped: [] } as const;

export const crashCases: readonly CrashCase[] = [
  { ...plain, name: "COPY", run: copy },
  { ...plain, name: "COPY over a collection", replaces: "collection", run: copy },
  { ...plain, name: "COPY over a document", replaces: "document", run: copy },
  { ...plain, name: "COPY that leaves a member", skipped: [at("/source/d/b")], run: copy },
  {
    ...plain,
    name: "COPY of a document over a document",
    replaces: "document",
    run: (tree, work, seen) =>
      tree.copy(document, destination, { ...placement(seen), depth: "infinity" }, work),
  },
  {
    ...plain,
    name: "COPY of a document over a collection",
    replaces: "collection",
    run: (tree, work, seen) => tree.copy(document, destination, { ...placement(seen), depth: "0" }, work),
  },
  {
    ...plain,
    name: "COPY of a document where there are no links",
    fault: failing("link"),
    run: (tree, work, seen) =>
      tree.copy(document, destination, { ...placement(seen), depth: "infinity" }, work),
  },
  {
    ...plain,
    name: "MOVE of a document where there are no links",
    fault: failing("link"),
    run: (tree, work, seen) => tree.move(document, destination, placement(seen), work),
  },
  {
    ...plain,
    name: "MOVE of a document",
    run: (tree, work, seen) => tree.move(document, destination, placement(seen), work),
  },
  { ...plain, name: "MOVE", run: move },
  { ...plain, name: "MOVE over a collection", replaces: "collection", run: move },
  { ...plain, name: "MOVE to another file system", fault: apart, run: move },
  {
    ...plain,
    name: "MOVE to another file system, over a collection",
    replaces: "collection",
    fault: apart,
    run: move,
  },
  {
    ...plain,
    name: "MOVE of a document over a document",
    replaces: "document",
    run: (tree, work, seen) => tree.move(document, destination, placement(seen), work),
  },
  {
    ...{ ...plain, light: true, name: "COPY of a document, recorded lightly" },
    run: (tree, work, seen) =>
      tree.copy(undescribed, destination, { ...placement(seen), depth: "infinity" }, work),
  },
  {
    ...{ ...plain, light: true, name: "COPY of a document, recorded lightly, where there are no links" },
    fault: failing("link"),
    run: (tree, work, seen) =>
      tree.copy(undescribed, destination, { ...placement(seen), depth: "infinity" }, work),
  },
  {
    ...{ ...plain, light: true, name: "MOVE of a document, recorded lightly" },
    run: (tree, work, seen) => tree.move(undescribed, destination, placement(seen), work),
  },
  {
    ...{ ...plain, light: true, name: "MOVE of a document, recorded lightly, where there are no links" },
    fault: failing("link"),
    run: (tree, work, seen) => tree.move(undescribed, destination, placement(seen), work),
  },
  {
    ...{ ...plain, light: true, name: "DELETE of a document, recorded lightly" },
    run: (tree, work) => tree.remove(undescribed, work),
  },
  { ...plain, name: "DELETE", run: remove },
  { ...plain, name: "DELETE of a document", run: (tree, work) => tree.remove(document, work) },
  { ...plain, name: "DELETE that leaves a member", skipped: [at("/source/d/b")], run: remove },
  {
    ...plain,
    name: "DELETE with a member that cannot be removed",
    fault: failing("unlink", "c"),
    run: remove,
  },
  { ...plain, name: "DELETE of what cannot be renamed", fault: failing("rename", "source"), run: remove },
];

/** Makes the tree: some of it has dead properties. */
export async function makeCrashTree(folder: string, tree: Tree, { replaces }: CrashCase): Promise<void> {
  for (const path of ["source/d", "source/e", "other"]) mkdirSync(join(folder, path), { recursive: true });
  for (const path of ["source/a", "source/d/b", "source/d/c", "source/z", "other/file"]) {
    writeFileSync(join(folder, path), `content of ${path}`);
  }
  const marked = ["/source", "/source/a", "/source/d/c", "/other"];
  if (replaces === "document") writeFileSync(join(folder, "destination"), "old");
  if (replaces === "collection") {
    mkdirSync(join(folder, "destination/d"), { recursive: true });
    for (const path of ["destination/old", "destination/d/b"]) writeFileSync(join(folder, path), "old");
    marked.push("/destination/old", "/destination/d/b");
  }
  if (replaces !== undefined) marked.push("/destination");
  for (const path of marked) {
    const xml = `<p xmlns="urn:example">${path}</p>`;
    const property = { name: { namespace: "urn:example", local: "p" }, xml };
    await tree.patchProperties(at(path), [{ action: "set", property }]);
  }
}

function failing(call: Change["call"], name?: string): (change: Change) => void {
  return (change) => {
    if (change.call !== call || change.path === undefined) return;
    if (name === undefined || basename(change.path.toString()) === name) throw failure("EPERM");
  };
}

/** The source and the destination behave as if they were on two file systems. */
function apart(change: Change): void {
  if (change.call === "rename" && basename(change.path?.toString() ?? "") === "source")
    throw failure("EXDEV");
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
