/** How the file descriptors that this process may have are shared out, so that none of its parts takes them all. */
import { readFileSync } from "node:fs";

export interface DescriptorShares {
  /** Works on whole trees at once: each may hold a few dozen descriptors. */
  readonly trees: number;
  /** Works on single documents at once: each holds two. */
  readonly documents: number;
  /** Uploads that are received at once: each holds one. */
  readonly uploads: number;
  /** Connections: each is one. */
  readonly connections: number;
}

/** What a COPY of a tree holds: eight files at once, read and written, and two directories a level. */
const perTree = 40;

/**
 * Shares out `limit` descriptors. About a sixth is left for requests that read, and for the state. With many, the
 * numbers are bounded by what a disk can use.
 */
export function shareDescriptors(limit: number): DescriptorShares {
  return {
    trees: within(1, limit / 6 / perTree, 8),
    documents: within(4, limit / 16, 128),
    uploads: within(4, limit / 8, 4096),
    connections: within(16, limit * 0.4, Number.MAX_SAFE_INTEGER),
  };
}

function within(least: number, wanted: number, most: number): number {
  return Math.min(most, Math.max(least, Math.floor(wanted)));
}

/** Where the system does not tell: what most systems give at the least. */
const usualLimit = 1024;

/** How many file descriptors this process may have. Node has raised it to what the system lets it. */
export function descriptorLimit(): number {
  let limits: string;
  try {
    limits = readFileSync("/proc/self/limits", "utf8");
  } catch {
    // Only Linux tells it there.
    return usualLimit;
  }
  const [, soft = ""] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
  if (soft === "unlimited") return 1_048_576;
  return /^\d+$/.test(soft) ? Number(soft) : usualLimit;
}
