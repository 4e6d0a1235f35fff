import * as fs from "node:fs";
import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { TreeError } from "@meanwhile/server/store";
import { isMissing, isNotEmpty } from "../calls/errno.ts";
import { isReservedName } from "../paths/names.ts";
import { enter, leave, type WalkedEntry, WalkedNames } from "./open-directory.ts";
import { patiently, type Questioned, type Steps, throwFailure, type Walking } from "./walk.ts";

/** Removes a directory, its members first. Links are removed, and never followed; so is everything that is no resource. */
export interface RemoveWalk {
  readonly kind: "remove";
  /** What the system's calls take for the directory that it is in, and its name there. */
  readonly parent: string;
  readonly name: string;
  /** The path by which it is known. */
  readonly path: ResourcePath;
  /** Members that stay, with all below them. */
  readonly staying: ReadonlySet<ResourcePath>;
  /** Whether what is no resource, and has no reserved name, stays. */
  readonly hiddenStays: boolean;
  /** Of which members it is asked whether they stay. */
  readonly asks: "none" | "links" | "all";
  readonly state: ResourcePath | undefined;
  /** Whether names of directories that stay are synced. */
  readonly sync: boolean;
  readonly pinning: boolean;
  /** Whether members are told. */
  readonly tells: boolean;
}

/** Names that stay, with the reason where nobody was told of it. */
type Staying = Map<string, unknown>;

/** Removing names while a directory is read can make some be passed over, so it is read again; not for ever. */
const mostRounds = 16;

/** The names of so many are remembered; the rest is removed in the next rounds. */
const mostUnreachable = 10_000;

/** So many members are looked at, and asked about, at once. */
const batchSize = 256;

/** @returns whether the directory is gone */
export function* removeTree(walking: Walking, walk: RemoveWalk): Steps<boolean> {
  try {
    const staying = yield* emptyAndRemove(walking, walk);
    if (walk.tells) {
      if (staying) walking.kept(walk.path);
      else walking.collection(walk.path);
    }
    return !staying;
  } catch (error) {
    if (walk.tells) walking.failed(walk.path, "collection", error);
    return false;
  }
}

/**
 * @returns whether the directory stays because of members that were told
 * @throws why it stays otherwise
 */
function* emptyAndRemove(walking: Walking, walk: RemoveWalk): Steps<boolean> {
  const at = `${walk.parent}/${walk.name}`;
  const staying: Staying = new Map();
  for (let round = 1; ; round += 1) {
    const directory = yield* patiently(() => enter(at, walk.pinning));
    let removed = 0;
    try {
      removed = yield* emptyOnce(walking, walk, directory.self, staying);
      // It stays, and what left it must not come back.
      if (removed > 0 && staying.size > 0 && walk.sync)
        throwFailure(yield { kind: "sync", directory: directory.self });
    } finally {
      leave(directory);
    }
    const again = removed > 0 && round < mostRounds;
    if (staying.size === 0) {
      try {
        walking.before?.({ call: "rmdir", path: at });
        fs.rmdirSync(at);
        return false;
      } catch (error) {
        if (!again || !isNotEmpty(error)) throw error;
      }
    } else if (!again) {
      for (const failure of staying.values()) if (failure !== undefined) throw failure;
      return true;
    }
  }
}

/** @returns how many members were removed */
function* emptyOnce(walking: Walking, walk: RemoveWalk, self: string, staying: Staying): Steps<number> {
  let removed = 0;
  const unreachable: Uint8Array[] = [];
  const names = yield* WalkedNames.open(self);
  try {
    for (let ended = false; !ended; ) {
      const going: WalkedEntry[] = [];
      for (let read = 0; read < batchSize; read += 1) {
        const entry = names.next();
        ended = entry === undefined;
        if (entry === undefined) break;
        if (entry.bytes !== undefined) {
          if (unreachable.length < mostUnreachable) unreachable.push(entry.bytes);
        } else if (!staying.has(entry.name) && mayGo(walk, entry, staying)) going.push(entry);
      }
      const let_go = walk.asks === "none" ? going : yield* askAbout(walk, self, going, staying);
      for (const entry of let_go) {
        if (walking.isOver()) yield;
        if (entry.type === "directory") {
          if (yield* isDirectoryRemoved(walking, walk, self, entry.name, staying)) removed += 1;
        } else if (isFileRemoved(walking, walk, self, entry, staying)) removed += 1;
      }
    }
  } finally {
    names.close();
  }
  if (unreachable.length > 0 && walk.hiddenStays) staying.set("", undefined);
  else removed += yield* removeUnreachable(walking, self, unreachable);
  return removed;
}

/** @returns whether it may be removed, as far as its name tells; else it is among those that stay */
function mayGo(walk: RemoveWalk, { name, type }: WalkedEntry, staying: Staying): boolean {
  if (walk.state === undefined && walk.staying.size === 0 && type !== "other") return true;
  const path = memberPath(walk.path, name);
  if (path === walk.state) {
    staying.set(name, new TreeError("denied", "the state directory is in this collection"));
    return false;
  }
  const hidden = type === "other" && walk.hiddenStays && !isReservedName(name);
  if (!hidden && !walk.staying.has(path)) return true;
  staying.set(name, undefined);
  return false;
}

/** @returns those that may be removed; the others are among those that stay */
function* askAbout(
  walk: RemoveWalk,
  self: string,
  entries: readonly WalkedEntry[],
  staying: Staying,
): Steps<readonly WalkedEntry[]> {
  const asked = entries.filter(
    ({ name, type }) => (walk.asks === "all" && !isReservedName(name)) || type === "link",
  );
  if (asked.length === 0) return entries;
  const members = asked.map(({ name, type }): Questioned => {
    const looked = walk.asks === "all" && !isReservedName(name);
    const stats = looked
      ? fs.lstatSync(`${self}/${name}`, { bigint: true, throwIfNoEntry: false })
      : undefined;
    return { path: memberPath(walk.path, name), type, ...(stats === undefined ? {} : { stats }) };
  });
  const reply = yield { kind: "ask", members };
  throwFailure(reply);
  const stay = reply !== undefined && "stay" in reply ? reply.stay : [];
  for (const [index, { name }] of asked.entries()) if (stay[index] !== false) staying.set(name, undefined);
  return entries.filter(({ name }) => !staying.has(name));
}

function* isDirectoryRemoved(
  walking: Walking,
  walk: RemoveWalk,
  self: string,
  name: string,
  staying: Staying,
): Steps<boolean> {
  const reserved = isReservedName(name);
  const below = { ...walk, parent: self, name, path: memberPath(walk.path, name) };
  if (yield* removeTree(walking, reserved ? { ...below, ...silent } : below)) return true;
  staying.set(name, reserved ? new TreeError("busy", "a temporary collection stays") : undefined);
  return false;
}

/** For what no resource is: nobody is told, nothing stays. */
const silent: Pick<RemoveWalk, "staying" | "hiddenStays" | "asks" | "tells"> = {
  staying: new Set(),
  hiddenStays: false,
  asks: "none",
  tells: false,
};

function isFileRemoved(
  walking: Walking,
  walk: RemoveWalk,
  self: string,
  { name, type }: WalkedEntry,
  staying: Staying,
): boolean {
  const path = `${self}/${name}`;
  // What is no resource has no failure of its own: where it stays, its collection fails.
  const untold = type === "other" || !walk.tells || isReservedName(name);
  try {
    walking.before?.({ call: "unlink", path });
    fs.unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) {
      staying.set(name, untold && (type === "other" || isReservedName(name)) ? error : undefined);
      if (!untold) walking.failed(memberPath(walk.path, name), "document", error);
      return false;
    }
  }
  if (!untold) walking.document(walk.path, name);
  return true;
}

/** Removes members whose names are not valid UTF-8. */
function* removeUnreachable(walking: Walking, self: string, names: readonly Uint8Array[]): Steps<number> {
  for (const name of names) {
    if (walking.isOver()) yield;
    const path = Buffer.concat([Buffer.from(`${self}/`), name]);
    walking.before?.({ call: "unlink", path });
    fs.rmSync(path, { recursive: true });
  }
  return names.length;
}
