import type { TreeCase } from "./tree-subject.ts";
export const treeContract: readonly TreeCase[] = [];
