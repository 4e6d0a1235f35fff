import { memberPath, type ResourcePath } from "@meanwhile/dav";

const reserved = /^\.meanwhile-.*~$/isu;
const reservedAnywhere = /\/\.meanwhile-[^/]*~(?:\/|$)/iu;
const illFormed = /\p{Surrogate}/u;
const windowsRefused = /[\u0000-\u001f<>:"\\|?*]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;

/** The file in the root of a tree by which its state knows it again. */
export const rootMarkName = ".meanwhile-root~";

/** Whether a name belongs to the store: drafts and staged trees have such names until they are put in place. */
export function isReservedName(name: string): boolean {
  return name.startsWith(".") && reserved.test(name);
}

/** Whether a name in a directory can be that of a resource. @param state where the state directory is, within the tree */
export function mayBeNamed(state: ResourcePath | undefined, path: ResourcePath, name: string): boolean {
  if (isReservedName(name)) return false;
  return state === undefined || !state.endsWith(name) || memberPath(path, name) !== state;
}

/** Who makes reserved names: a state, and which of its starts. */
export interface NameOwner {
  /** Of letters and digits. */
  readonly id: string;
  /** Grows with each start. */
  readonly epoch: number;
}

/** A reserved name of an owner: `work` tells what it belongs to, `random` makes it unguessable. */
export function reservedName({ id, epoch }: NameOwner, work: string, random: string): string {
  const purpose = /^[\w-]{1,64}$/.test(work) ? work : "work";
  return `.meanwhile-${id}.${epoch}.${purpose}-${random}~`;
}

/**
 * Whether a reserved name was left by a process that is known to have ended: an earlier start of this owner's. Names of other
 * owners, who may be at work, are not; nor are those without an owner, which programs before format 2 made.
 */
export function isLeftBehind(name: string, { id, epoch }: NameOwner): boolean {
  const [, owner, start] = owned.exec(name) ?? [];
  return owner === id && Number(start) < epoch;
}

/** Whether a reserved name is one that a program made before format 2 of the state. */
export function hasNoOwner(name: string): boolean {
  return isReservedName(name) && name !== rootMarkName && !owned.test(name);
}

const owned = /^\.meanwhile-([a-z0-9]+)\.(\d+)\.[\w-]+~$/;

/** Whether some name of the path cannot be that of a resource: it is reserved, or the platform has no such names. */
export function hasRefusedName(path: ResourcePath, platform: NodeJS.Platform = process.platform): boolean {
  if (reservedAnywhere.test(path) || illFormed.test(path)) return true;
  return platform === "win32" && path.split("/").some((name) => windowsRefused.test(name));
}

/** Names of files have at most this many bytes nearly everywhere. */
const mostBytes = 255;

/** What is kept beside something that has its name now is called so: "a.txt" becomes "a (kept).txt", "a (kept 2).txt". */
export function keptName(name: string, number: number): string {
  const [, stem = name, ending = ""] = /^(.+?)((?:\.[^.\s]{1,16})?)$/su.exec(name) ?? [];
  const mark = number === 1 ? " (kept)" : ` (kept ${number})`;
  const room = mostBytes - Buffer.byteLength(mark + ending);
  let kept = stem;
  while (Buffer.byteLength(kept) > room) kept = [...kept].slice(0, -1).join("");
  return kept + mark + ending;
}
