import type { FolderStep } from "../folders/folder-work.ts";
import type { FolderPlan, Removal } from "./folder-plan.ts";

/** What the plan would do, for people, in the order of doing it. */
export function stepsOf(
  plan: FolderPlan,
  direction: "up" | "down",
  order: (removals: readonly Removal[]) => readonly Removal[],
): readonly FolderStep[] {
  const deletion = ({ path, facts: { size } }: Removal): FolderStep => ({
    action: "delete",
    path,
    ...(size !== undefined && { bytes: size }),
    replaces: true,
  });
  const action = direction === "up" ? "upload" : "download";
  return [
    ...order(plan.inTheWay).map(deletion),
    ...plan.collections.map(
      ({ path }): FolderStep => ({ action: "create-collection", path, replaces: false }),
    ),
    ...plan.transfers.map(
      ({ path, source: { size }, replaced }): FolderStep => ({
        action,
        path,
        ...(size !== undefined && { bytes: size }),
        replaces: replaced !== undefined,
      }),
    ),
    ...order(plan.removals).map(deletion),
  ];
}
