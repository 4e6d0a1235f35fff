/** Another program acts before each change that a request makes after it was judged: nothing of its is lost. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { CommitOptions, Placement, Tree, TreeWork } from "@meanwhile/server/store";
import { type TestWork, testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import type { Change } from "../../calls/before-change.ts";
import { makeCrashSite, startProcess } from "./crash.ts";
import { makeCrashTree } from "./crash-cases.ts";

const theirs = "what another program wrote";
const path = (text: string): ResourcePath => text as ResourcePath;
const destination = path("/destination");

interface Asked {
  readonly name: string;
  /** What is there when it is judged. */
  readonly there: "collection" | "document" | undefined;
  /** The source and the destination behave as if they were on two file systems. */
  readonly apart?: true;
  /** The file system has no hard links. */
  readonly unlinked?: true;
  /** A document is compared and then replaced: just before that last rename another program still has its microseconds. */
  readonly compares?: true;
  /** What the request fails with where the destination was taken. */
  readonly taken: string;
  run(tree: Tree, seen: string, work: TreeWork): Promise<unknown>;
}

function transfers(method: "copy" | "move", source: string): readonly Asked[] {
  const run = (replace: boolean) => (tree: Tree, seen: string, work: TreeWork) => {
    const placement: Placement = { replace, seen };
    return method === "copy"
      ? tree.copy(path(source), destination, { ...placement, depth: "infinity" }, work)
      : tree.move(path(source), destination, placement, work);
  };
  const name = `${method.toUpperCase()} of ${source}`;
  const isDocument = source !== "/source";
  return [
    { name: `${name}, Overwrite: F`, there: undefined, taken: "exists", run: run(false) },
    { name: `${name} to an unmapped URL`, there: undefined, taken: "changed", run: run(true) },
    {
      name: `${name} over a document`,
      there: "document",
      taken: "changed",
      run: run(true),
      ...(isDocument ? { compares: true } : {}),
    },
    { name: `${name} over a collection`, there: "collection", taken: "changed", run: run(true) },
  ];
}

function put(over: (seen: string) => CommitOptions["over"]): Asked["run"] {
  return async (tree, seen) => {
    const draft = await tree.draft(destination, { length: 4 });
    await draft.write(Buffer.from("ours"));
    const allowed = over(seen);
    await draft.commit({ modifiedMs: undefined, ...(allowed === undefined ? {} : { over: allowed }) });
  };
}

/** Requests to put a document at a free name: an empty file takes it, and is replaced by a rename. */
const unlinked: readonly Asked[] = [
  ...transfers("copy", "/source/a").slice(0, 2),
  ...transfers("move", "/source/a").slice(0, 2),
  { name: "PUT, If-None-Match: *", there: undefined, taken: "exists", run: put(() => "nothing") },
].map((row) => ({ ...row, name: `${row.name}, without links`, unlinked: true, compares: true }));

const asked: readonly Asked[] = [
  ...unlinked,
  ...transfers("copy", "/source"),
  ...transfers("copy", "/source/a"),
  ...transfers("move", "/source"),
  ...transfers("move", "/source/a"),
  ...transfers("move", "/source").map((row) => ({
    ...row,
    name: `${row.name}, apart`,
    apart: true as const,
  })),
  { name: "PUT, If-None-Match: *", there: undefined, taken: "exists", run: put(() => "nothing") },
  {
    name: "PUT, If-Match",
    there: "document",
    compares: true,
    taken: "changed",
    run: put((seen) => ({ seen })),
  },
  {
    name: "MKCOL",
    there: undefined,
    taken: "exists",
    run: (tree) => Promise.resolve(tree.createCollection(destination, [])),
  },
];

interface Interference {
  readonly name: string;
  /** @returns false where there is nothing to interfere with */
  act(at: string): boolean;
}

const interferences: readonly Interference[] = [
  { name: "writes a file there", act: (at) => !isDirectory(at) && write(at) },
  { name: "puts another file there", act: (at) => clear(at) && write(at) },
  { name: "puts a folder there", act: (at) => clear(at) && make(at) && write(join(at, "new")) },
  { name: "makes a member", act: (at) => isDirectory(at) && write(join(at, "new")) },
  {
    name: "makes a member deep inside",
    act: (at) => isDirectory(join(at, "d")) && write(join(at, "d/thesis.txt")),
  },
  { name: "changes a member", act: (at) => existsSync(join(at, "d/b")) && write(join(at, "d/b")) },
  {
    name: "makes a folder in it",
    act: (at) => isDirectory(at) && make(join(at, "n/deep")) && write(join(at, "n/deep/new")),
  },
];

function isDirectory(at: string): boolean {
  return existsSync(at) && lstatSync(at).isDirectory();
}

function write(at: string): boolean {
  writeFileSync(at, theirs);
  return true;
}

function make(at: string): boolean {
  mkdirSync(at, { recursive: true });
  return true;
}

function clear(at: string): boolean {
  rmSync(at, { recursive: true, force: true });
  return true;
}

function names(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" });
}

function findTheirs(folder: string): readonly string[] {
  return names(folder).filter((name) => {
    const at = join(folder, name);
    return lstatSync(at).isFile() && readFileSync(at, "utf8") === theirs;
  });
}

interface Ran {
  readonly acted: boolean;
  readonly last: Change | undefined;
  readonly folder: string;
  readonly error: unknown;
  readonly work: TestWork;
}

/** Runs a request, another program acting before one of its changes, the first being 1. */
async function run(row: Asked, other: Interference, step: number): Promise<Ran> {
  const state = {
    step: 0,
    at: Number.POSITIVE_INFINITY,
    acted: false,
    last: undefined as Change | undefined,
  };
  const site = makeCrashSite((change) => {
    state.step += 1;
    if (state.step === state.at) {
      state.last = change;
      state.acted = other.act(join(site.folder, "destination"));
    }
    const isRoot = basename(change.path?.toString() ?? "") === "source";
    if (row.unlinked && change.call === "link") throw Object.assign(new Error("EPERM"), { code: "EPERM" });
    if (row.apart && change.call === "rename" && isRoot)
      throw Object.assign(new Error("EXDEV"), { code: "EXDEV" });
  });
  const { tree } = startProcess(site);
  await makeCrashTree(site.folder, tree, { name: "", replaces: row.there, skipped: [], run: async () => {} });
  const { seen } = await tree.see(destination, { members: true });
  const work = testWork();
  Object.assign(state, { step: 0, at: step });
  let error: unknown;
  await row.run(tree, seen, work).catch((thrown: unknown) => {
    error = thrown;
  });
  return { acted: state.acted, last: state.last, folder: site.folder, error, work };
}

/** One of each way to take a name. */
const oneOfEach = [
  "COPY of /source to an unmapped URL",
  "COPY of /source/a over a document",
  "MOVE of /source over a collection",
  "MOVE of /source, Overwrite: F, apart",
  "PUT, If-None-Match: *",
  "PUT, If-None-Match: *, without links",
  "PUT, If-Match",
  "MKCOL",
];

/**
 * @param which whether another program acts before every change of each request, or, for one request of each kind,
 *   before the first change and each fifth from then on
 */
export function testOtherPrograms(which: "every" | "some"): void {
  const rows = asked.filter(({ name }) => which === "every" || oneOfEach.includes(name));
  test.each(rows)("$name: nothing of another program's is replaced or removed, or hidden", async (row) => {
    let checked = 0;
    for (const other of interferences) {
      for (let step = 1; ; step += which === "every" ? 1 : 5) {
        const { acted, last, folder, error, work } = await run(row, other, step);
        if (last === undefined) break;
        if (!acted) continue;
        const found = findTheirs(folder);
        // The one rename that replaces a document, after the last look at it.
        const tooLate = row.compares && last.call === "rename" && basename(last.to ?? "") === "destination";
        if (tooLate) continue;
        checked += 1;
        const context = `another program ${other.name} before ${last.call} ${last.path} (${step})`;
        expect(found.filter((name) => !name.includes(".meanwhile-")).length, context).toBeGreaterThan(0);
        expect(
          names(folder).filter((name) => name.includes(".meanwhile-")),
          context,
        ).toEqual([]);
        expect(work.violations, context).toEqual([]);
        const { code } = (error ?? {}) as { readonly code?: string };
        // An upload that finds a collection before it has begun.
        const isEarly = code === "is-a-collection" && last.call === "create";
        if (error !== undefined && !isEarly) expect(code, context).toBe(row.taken);
        const moved = names(folder).filter((name) => name.startsWith("destination (kept"));
        for (const name of moved) {
          const isNamed = [...work.keptPaths.keys()].some(
            (at) => `/${name}`.startsWith(at) || at.startsWith(`/${name}`),
          );
          expect(isNamed, `${context}: ${name}`).toBe(true);
        }
        // What is kept elsewhere than where it was put is named.
        for (const name of found) {
          if (name.includes("(kept"))
            expect(
              [...work.keptPaths.keys()].some((at) => `/${name}`.startsWith(at)),
              context,
            ).toBe(true);
        }
      }
    }
    expect(checked).toBeGreaterThan(0);
  });
}
