/** Copies the dead properties of a tree, a chunk in each transaction, for a destination that gets them later. */
import { memberPath, type ResourcePath } from "@meanwhile/dav";
import type { OwedChanges } from "./owed-changes.ts";
import { type NodeId, nodesAtOnce, type PropertyNodes } from "./property-nodes.ts";

/** Where nodes are, and how changes of them are written. */
export interface NodeStore {
  readonly nodes: PropertyNodes;
  readonly owed: OwedChanges;
}

/** What of a tree is copied. */
export interface CopiedNodes {
  readonly depth: "0" | "infinity";
  /** Members of the source (with all below them) that were not copied. */
  readonly left: ReadonlySet<ResourcePath>;
}

/**
 * Copies a node and, with depth "infinity", those below it.
 *
 * @param path of `from`
 * @returns a node that is in no tree, and held; where it fails, what was copied is released, and to be cleaned
 */
export async function copyNodes(
  store: NodeStore,
  from: NodeId,
  path: ResourcePath,
  { depth, left }: CopiedNodes,
): Promise<NodeId> {
  const { nodes, owed } = store;
  const copied = await owed.write(() => copyNode(nodes, from, nodes.makeDetached()), { durable: false });
  try {
    if (depth === "infinity") await copyMembers(store, { from, to: copied, path }, left);
    return copied;
  } catch (error) {
    nodes.release(copied);
    throw error;
  }
}

async function copyMembers(
  { nodes, owed }: NodeStore,
  top: { readonly from: NodeId; readonly to: NodeId; readonly path: ResourcePath },
  left: ReadonlySet<ResourcePath>,
): Promise<void> {
  const open = [top];
  for (const { from, to, path } of open) {
    let after: string | undefined;
    for (;;) {
      const members = nodes.members(from, nodesAtOnce, after);
      after = members.at(-1)?.name;
      if (after === undefined) break;
      const kept = members.filter(({ name }) => !left.has(memberPath(path, name)));
      const copies = await owed.write(
        () => kept.map(({ name, id }) => copyNode(nodes, id, nodes.makeMember(to, name))),
        { durable: false },
      );
      for (const [index, { name, id }] of kept.entries()) {
        const copy = copies[index];
        if (copy !== undefined) open.push({ from: id, to: copy, path: memberPath(path, name) });
      }
    }
  }
}

function copyNode(nodes: PropertyNodes, from: NodeId, to: NodeId): NodeId {
  const node = nodes.read(from);
  if (node !== undefined) nodes.write(to, node);
  return to;
}
