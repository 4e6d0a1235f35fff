import type { ResourcePath } from "@meanwhile/dav";

const reserved = /^\.meanwhile-.*~$/isu;
const reservedAnywhere = /\/\.meanwhile-[^/]*~(?:\/|$)/iu;
const illFormed = /\p{Surrogate}/u;
const windowsRefused = /[\u0000-\u001f<>:"\\|?*]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;

/** The file in the root of a tree by which its state knows it again. */
export const rootMarkName = ".meanwhile-root~";

/** Whether a name belongs to the store: drafts and staged trees have such names until they are put in place. */
export function isReservedName(name: string): boolean {
  return reserved.test(name);
}

/** A reserved name: `work` tells what it belongs to, `random` makes it unguessable. */
export function reservedName(work: string, random: string): string {
  const owner = /^[\w-]{1,64}$/.test(work) ? work : "work";
  return `.meanwhile-${owner}-${random}~`;
}

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
