/** What claims ask of each path, from the root down, and which of these can be held at once. */
import type { Claim } from "./claims.ts";

/**
 * Modes in which a path is held, as bits: its tree or the member alone, exclusive or shared; and that something below it is
 * held, exclusive or shared (intention locks, Gray and others 1976, "Granularity of Locks").
 */
export const mode = {
  treeExclusive: 1,
  treeShared: 2,
  memberExclusive: 4,
  memberShared: 8,
  belowExclusive: 16,
  belowShared: 32,
} as const;

/** A set of modes, as the sum of their bits. */
export type Modes = number;

/** One path and the modes in which a claim holds it. */
export interface ClaimStep {
  readonly path: string;
  readonly modes: Modes;
}

const { treeExclusive, treeShared, memberExclusive, memberShared, belowExclusive, belowShared } = mode;

/** By mode, those of others that conflict with it. */
const conflicts: readonly (readonly [mode: Modes, against: Modes])[] = [
  [treeExclusive, 63],
  [treeShared, treeExclusive | memberExclusive | belowExclusive],
  [memberExclusive, treeExclusive | treeShared | memberExclusive | memberShared],
  [memberShared, treeExclusive | memberExclusive],
  [belowExclusive, treeExclusive | treeShared],
  [belowShared, treeExclusive],
];

const conflictsOf: readonly Modes[] = Array.from({ length: 64 }, (_, modes) =>
  conflicts.reduce((all, [one, against]) => ((modes & one) === 0 ? all : all | against), 0),
);

/** Whether a path cannot be held in some of these modes by one and in some of those by another. */
export function conflict(some: Modes, others: Modes): boolean {
  return ((conflictsOf[some] ?? 0) & others) !== 0;
}

/**
 * What claims hold, path by path: each ancestor before what is below it, all in one order, so that two who take several never
 * wait for each other.
 */
export function claimSteps(claims: readonly Claim[]): readonly ClaimStep[] {
  const steps: { readonly path: string; modes: Modes }[] = [];
  for (const { path, scope, mode: how } of claims) {
    const isShared = how === "shared";
    const below = isShared ? belowShared : belowExclusive;
    if (path !== "/") steps.push({ path: "/", modes: below });
    for (let end = path.indexOf("/", 1); end > 0; end = path.indexOf("/", end + 1))
      steps.push({ path: path.slice(0, end), modes: below });
    const [exclusive, shared] =
      scope === "tree" ? [treeExclusive, treeShared] : [memberExclusive, memberShared];
    steps.push({ path, modes: isShared ? shared : exclusive });
  }
  // Those of one claim are in order already, and each comes once.
  if (claims.length < 2) return steps;
  // An ancestor is the beginning of what is below it, and sorts before it.
  steps.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
  const merged = steps.slice(0, 1);
  for (const step of steps.slice(1)) {
    const last = merged.at(-1);
    if (last?.path === step.path) last.modes |= step.modes;
    else merged.push(step);
  }
  return merged;
}
