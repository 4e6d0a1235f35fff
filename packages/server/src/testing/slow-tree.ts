import type { ResourcePath } from "@meanwhile/dav/path";
import type { Tree } from "../store.ts";
export type SlowStep = "members" | "member" | "move" | "bytes" | "commit";
export function slowTree(tree: Tree, _gate: (step: SlowStep, path: ResourcePath) => Promise<void>): Tree {
  return tree;
}
