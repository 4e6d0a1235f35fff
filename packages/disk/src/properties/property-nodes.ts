import { namesOf, type ResourcePath } from "@meanwhile/dav";
import type { Resource } from "@meanwhile/server/store";
import type { Part, Table } from "@meanwhile/state-lmdb";

export type NodeId = number;

/** What is kept for one resource. */
export interface PropertyNode {
  /** What the resource was when it got them; another kind at its place does not inherit them. */
  readonly kind: Resource["kind"];
  /** Namespace, local name and element of each. */
  readonly properties: readonly (readonly [namespace: string, local: string, xml: string])[];
}

/** How many nodes are dealt with in one transaction. */
export const nodesAtOnce = 500;

const root: NodeId = 0;

/**
 * The tree of resources that have dead properties, or have members that do. A node is kept by its parent and its
 * name, not by its path: so moving a whole collection, or dropping it, is one step, and keys stay short.
 *
 * All methods work at once; those that write are to be called within a change.
 */
export class PropertyNodes {
  readonly #names: Table<[NodeId, string] | [NodeId], NodeId>;
  readonly #nodes: Table<NodeId, PropertyNode>;
  /** Nodes that are in no tree (any more, or yet), to be removed with all below them. */
  readonly #detached: Table<NodeId, true>;
  readonly #counters: Table<string, NodeId>;
  /** Detached nodes that somebody is about to attach. */
  readonly #held: Set<NodeId> = new Set();
  /** Whether a resource may have a node: not before one got a name. */
  #anyName: boolean;

  constructor(part: Part) {
    this.#names = part.table("property-names", "msgpack");
    this.#nodes = part.table("properties", "msgpack");
    this.#detached = part.table("property-remains", "msgpack");
    this.#counters = part.table("property-counters", "msgpack");
    this.#anyName = [...this.#names.range({ limit: 1 })].length > 0;
  }

  find(path: ResourcePath): NodeId | undefined {
    if (!this.#anyName && path !== "/") return undefined;
    let id: NodeId | undefined = root;
    for (const name of namesOf(path)) {
      id = this.#names.get([id, name]);
      if (id === undefined) return undefined;
    }
    return id;
  }

  member(id: NodeId, name: string): NodeId | undefined {
    return this.#names.get([id, name]);
  }

  /** Members of a node, in the order of their names, at most `limit`, those after the name `after`. */
  members(
    id: NodeId,
    limit: number,
    after?: string,
  ): readonly { readonly name: string; readonly id: NodeId }[] {
    const range = this.#names.range({
      start: after === undefined ? [id] : ([id, after] as [NodeId, string]),
      end: [id + 1],
      exclusiveStart: after !== undefined,
      limit,
    });
    return [...range].map(({ key, value }) => ({ name: key[1] ?? "", id: value }));
  }

  read(id: NodeId): PropertyNode | undefined {
    return this.#nodes.get(id);
  }

  write(id: NodeId, node: PropertyNode): void {
    this.#nodes.put(id, node);
  }

  /** The node at a path, made if need be, with those above it. */
  make(path: ResourcePath): NodeId {
    let id = root;
    for (const name of namesOf(path)) {
      const known = this.#names.get([id, name]);
      const next: NodeId = known ?? this.#newId();
      if (known === undefined) this.#putName([id, name], next);
      id = next;
    }
    return id;
  }

  /** Makes a member of a node that has none of this name. */
  makeMember(id: NodeId, name: string): NodeId {
    const member = this.#newId();
    this.#putName([id, name], member);
    return member;
  }

  /** Makes a node that is in no tree. It vanishes when it is released, or the process ends, before it is attached. */
  makeDetached(): NodeId {
    const id = this.#newId();
    this.#detached.put(id, true);
    this.#held.add(id);
    return id;
  }

  release(id: NodeId): void {
    this.#held.delete(id);
  }

  /** Removes the properties of the resource at a path; those of its members stay. */
  clear(path: ResourcePath): void {
    const id = this.find(path);
    if (id === undefined) return;
    this.#nodes.remove(id);
    this.#prune(path);
  }

  /** Takes the node at a path out of the tree, with all below. It vanishes unless it is attached again. */
  detach(path: ResourcePath): NodeId | undefined {
    const chain = this.#chain(path);
    const last = chain?.at(-1);
    if (last === undefined) return undefined;
    this.#names.remove([last.parent, last.name]);
    this.#detached.put(last.id, true);
    this.#prune(path);
    return last.id;
  }

  /** Puts a detached node at a path, where none is. */
  attach(id: NodeId, path: ResourcePath): void {
    const slash = path.lastIndexOf("/");
    const parent = this.make((slash === 0 ? "/" : path.slice(0, slash)) as ResourcePath);
    this.#putName([parent, path.slice(slash + 1)], id);
    this.#detached.remove(id);
  }

  /**
   * Removes some of what is detached.
   * @returns whether there is more
   */
  clean(limit: number): boolean {
    for (const id of this.#remains(limit)) {
      const members = this.members(id, limit);
      for (const member of members) {
        this.#names.remove([id, member.name]);
        this.#detached.put(member.id, true);
      }
      if (members.length === limit) return true;
      this.#nodes.remove(id);
      this.#detached.remove(id);
    }
    return this.hasRemains();
  }

  hasRemains(): boolean {
    return this.#remains(1).length > 0;
  }

  #putName(key: [NodeId, string], id: NodeId): void {
    this.#anyName = true;
    this.#names.put(key, id);
  }

  #remains(limit: number): readonly NodeId[] {
    const detached = [...this.#detached.range({ limit: limit + this.#held.size })].map(({ key }) => key);
    return detached.filter((id) => !this.#held.has(id)).slice(0, limit);
  }

  /** Removes nodes that have neither properties nor members, from the one at the path upwards. */
  #prune(path: ResourcePath): void {
    let chain = this.#chain(path);
    for (let up = path; chain === undefined && up !== "/"; ) {
      up = (up.slice(0, up.lastIndexOf("/")) || "/") as ResourcePath;
      chain = this.#chain(up);
    }
    for (const { parent, name, id } of chain?.toReversed() ?? []) {
      if (this.#nodes.has(id) || this.members(id, 1).length > 0) return;
      this.#names.remove([parent, name]);
    }
  }

  #chain(
    path: ResourcePath,
  ): { readonly parent: NodeId; readonly name: string; readonly id: NodeId }[] | undefined {
    const chain: { parent: NodeId; name: string; id: NodeId }[] = [];
    let parent = root;
    for (const name of namesOf(path)) {
      const id = this.#names.get([parent, name]);
      if (id === undefined) return undefined;
      chain.push({ parent, name, id });
      parent = id;
    }
    return chain;
  }

  #newId(): NodeId {
    const id = (this.#counters.get("last") ?? root) + 1;
    this.#counters.put("last", id);
    return id;
  }
}
