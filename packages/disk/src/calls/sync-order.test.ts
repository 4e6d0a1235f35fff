import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree } from "@meanwhile/server/store";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { isReservedName } from "../paths/names.ts";
import { makeCrashSite, startProcess } from "../testing/crash/crash.ts";
import type { Change } from "./before-change.ts";
import type { Durability } from "./durability.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const overwrite = { replace: true, depth: "infinity" } as const;

/** Names as a reader knows them: what is hidden is told by its purpose, the served folder is "/". */
function shown(path: string, folder: string): string {
  const [, fd] = /^(\/proc\/self\/fd\/\d+)/.exec(path) ?? [];
  const real = fd === undefined ? path : path.replace(fd, readlinkSync(fd));
  if (real === folder) return "/";
  const name = basename(real);
  if (!isReservedName(name)) return name;
  return ["staged", "aside", "clock"].find((purpose) => name.includes(purpose)) ?? "draft";
}

const told: ReadonlySet<Change["call"]> = new Set(["sync", "rename", "link", "unlink", "rmdir", "mkdir"]);

/** The changes that a work makes, less those by which it reads the clock. */
async function trace(
  act: (tree: Tree) => Promise<unknown>,
  options: { readonly durability?: Durability; readonly fault?: (change: Change) => void } = {},
): Promise<readonly string[]> {
  const changes: string[] = [];
  let recording = false;
  const fault = (change: Change): void => {
    if (!recording || !told.has(change.call) || change.path === undefined) return;
    const path = shown(change.path.toString(), site.folder);
    if (path === "clock") return;
    const to = change.to === undefined ? "" : ` → ${shown(change.to, site.folder)}`;
    changes.push(`${change.call} ${path}${to}`);
    options.fault?.(change);
  };
  const site = makeCrashSite(fault, options.durability);
  for (const path of ["tree/sub", "old/sub", "place"])
    mkdirSync(join(site.folder, path), { recursive: true });
  for (const path of ["document", "other", "tree/sub/member"]) writeFileSync(join(site.folder, path), path);
  const { tree } = startProcess(site);
  recording = true;
  await act(tree).catch((error: unknown) => changes.push(`failed: ${(error as { code?: string }).code}`));
  return changes;
}

const put =
  (path: string) =>
  async (tree: Tree): Promise<void> => {
    const draft = await tree.draft(at(path), { length: undefined });
    await draft.write(Buffer.from("new"));
    await draft.commit({ modifiedMs: 1000 });
  };
const copy = (source: string, destination: string) => (tree: Tree) =>
  tree.copy(at(source), at(destination), overwrite, testWork());
const move = (source: string, destination: string) => (tree: Tree) =>
  tree.move(at(source), at(destination), { replace: true }, testWork());
const remove = (path: string) => (tree: Tree) => tree.remove(at(path), testWork());
const collection = (path: string) => (tree: Tree) => Promise.resolve(tree.createCollection(at(path), []));

type Act = (tree: Tree) => Promise<unknown>;
const ordered: readonly [name: string, act: Act, changes: readonly string[]][] = [
  ["PUT", put("/new"), ["sync draft", "rename draft → new", "sync /"]],
  ["PUT over a document", put("/document"), ["sync draft", "rename draft → document", "sync /"]],
  ["MKCOL", collection("/new"), ["mkdir new", "sync /"]],
  [
    "COPY of a document",
    copy("/document", "/new"),
    ["sync works", "sync staged", "sync works", "link staged → new", "unlink staged", "sync /"],
  ],
  [
    "COPY of a collection",
    copy("/tree", "/new"),
    [
      "sync works",
      "mkdir staged",
      "mkdir sub",
      "sync member",
      "sync sub",
      "sync staged",
      "sync works",
      "sync works",
      "mkdir new",
      "rename staged → new",
      "sync /",
    ],
  ],
  [
    "COPY over a collection: what was there goes last",
    copy("/document", "/old"),
    [
      "sync works",
      "sync staged",
      "sync works",
      "rename old → aside",
      "link staged → old",
      "unlink staged",
      "sync /",
      "rmdir sub",
      "rmdir aside",
      "sync /",
    ],
  ],
  ["MOVE", move("/tree", "/new"), ["sync works", "sync works", "mkdir new", "rename tree → new", "sync /"]],
  [
    "MOVE to another collection",
    move("/document", "/place/new"),
    ["sync works", "link document → new", "sync place", "unlink document", "sync /"],
  ],
  ["DELETE of a document", remove("/document"), ["sync works", "unlink document", "sync /"]],
  [
    "DELETE of a collection",
    remove("/tree"),
    [
      "sync works",
      "rename tree → aside",
      "sync /",
      "sync works",
      "unlink member",
      "rmdir sub",
      "rmdir aside",
      "sync /",
    ],
  ],
];

test.each(ordered)("%s: every step is synced before the next relies on it", async (_name, act, changes) => {
  expect(await trace(act)).toEqual(changes);
});

const light: readonly [name: string, act: Act, changes: readonly string[]][] = [
  [
    "MOVE of a document in its collection",
    (tree) => tree.move(at("/document"), at("/new"), { replace: false }, testWork({ light: true })),
    ["link document → new", "unlink document", "sync /"],
  ],
  [
    "MOVE of a document into another one",
    (tree) => tree.move(at("/document"), at("/place/new"), { replace: false }, testWork({ light: true })),
    ["link document → new", "sync place", "unlink document", "sync /"],
  ],
  [
    "COPY of a document to a name that nothing has",
    (tree) =>
      tree.copy(
        at("/document"),
        at("/new"),
        { replace: false, depth: "infinity" },
        testWork({ light: true }),
      ),
    ["sync staged", "link staged → new", "unlink staged", "sync /"],
  ],
  [
    "COPY over a document, which is more than a change of names",
    (tree) =>
      tree.copy(
        at("/document"),
        at("/other"),
        { replace: true, depth: "infinity" },
        testWork({ light: true }),
      ),
    ["sync works", "sync staged", "sync works", "rename staged → other", "sync /"],
  ],
  [
    "DELETE of a document",
    (tree) => tree.remove(at("/document"), testWork({ light: true })),
    ["unlink document", "sync /"],
  ],
  [
    "MOVE over a document, which is more than a change of names",
    (tree) => tree.move(at("/document"), at("/other"), { replace: true }, testWork({ light: true })),
    ["sync works", "rename document → other", "sync /"],
  ],
];

test.each(light)("%s, recorded lightly, waits for no sync of its record", async (_name, act, changes) => {
  expect(await trace(act)).toEqual(changes);
});

test("docs/why/durability.md says how often the record of a work is synced", () => {
  const syncs = ordered.map(([, , changes]) => changes.filter((change) => change === "sync works").length);
  const ofWorks = syncs.filter((count) => count > 0);
  expect([Math.min(...ofWorks), Math.max(...ofWorks)]).toEqual([1, 3]);
  const docs = readFileSync(new URL("../../../../docs/why/durability.md", import.meta.url), "utf8");
  expect(docs).toContain("COPY, MOVE, DELETE | all of it | one to three syncs of the record");
});

test("MOVE to another file system removes the source once the copy has its name for certain", async () => {
  let apart = false;
  const fault = (change: Change): void => {
    if (apart || change.call !== "link") return;
    apart = true;
    throw Object.assign(new Error("EXDEV"), { code: "EXDEV" });
  };
  const changes = await trace(move("/document", "/place/new"), { fault });
  expect(changes.slice(-6)).toEqual([
    "sync works",
    "link staged → new",
    "unlink staged",
    "sync place",
    "unlink document",
    "sync /",
  ]);
});

test("with durability none nothing is synced", async () => {
  for (const [, act, changes] of ordered) {
    const without = changes.filter((change) => !change.startsWith("sync"));
    expect(await trace(act, { durability: "none" })).toEqual(without);
  }
});

test("with durability content PUT and MKCOL do not wait for the sync of their names", async () => {
  expect(await trace(put("/new"), { durability: "content" })).toEqual(["sync draft", "rename draft → new"]);
  expect(await trace(collection("/new"), { durability: "content" })).toEqual(["mkdir new"]);
});

const failing = (path: string, code: string) => (change: Change) => {
  if (change.call === "sync" && shown(change.path?.toString() ?? "", "") === path) {
    throw Object.assign(new Error(code), { code });
  }
};

const failures: readonly [name: string, act: Act, code: string, changes: readonly string[]][] = [
  ["PUT, no space", put("/document"), "ENOSPC", ["sync draft", "unlink draft", "failed: no-space"]],
  ["PUT, a quota", put("/document"), "EDQUOT", ["sync draft", "unlink draft", "failed: no-space"]],
  ["PUT, a broken disk", put("/document"), "EIO", ["sync draft", "unlink draft", "failed: not-written"]],
];

test.each(failures)(
  "a sync of content that fails is not repeated, and the content is discarded: %s",
  async (_name, act, code, changes) => {
    expect(await trace(act, { fault: failing("draft", code) })).toEqual(changes);
  },
);

test("a copy whose content cannot be synced gets no name", async () => {
  const changes = await trace(copy("/document", "/old"), { fault: failing("staged", "EIO") });
  expect(changes).toEqual(["sync works", "sync staged", "unlink staged", "sync /", "failed: not-written"]);
});

// A full disk is no reason to say that nothing was changed.
test.each(["EIO", "ENOSPC"])(
  "where the sync of a name fails (%s) the content is in place, told as not synced, and what it replaced is kept",
  async (code) => {
    const afterRenaming = (change: Change): void => {
      if (change.call === "sync" && renamed) throw Object.assign(new Error(code), { code });
      if (change.call === "rename") renamed = true;
    };
    let renamed = false;
    expect(await trace(put("/document"), { fault: afterRenaming })).toEqual([
      "sync draft",
      "rename draft → document",
      "sync /",
      "unlink draft",
      "failed: not-synced",
    ]);
    renamed = false;
    expect((await trace(copy("/document", "/old"), { fault: afterRenaming })).slice(-5)).toEqual([
      "rename old → aside",
      "link staged → old",
      "unlink staged",
      "sync /",
      "failed: not-synced",
    ]);
  },
);
