import { type Lock, namesOf, type ResourcePath } from "@meanwhile/dav";

/**
 * Locks by the path of their root. Finding those above a path costs its length, finding those below costs what is
 * found, however many others there are.
 */
export class LockTree {
  readonly #root: Branch = newBranch(undefined, "");
  #names = 0;

  /** How many names the paths of all roots have, those that paths share counted once. */
  get names(): number {
    return this.#names;
  }

  /** How many names {@link add} would add. */
  newNames(root: ResourcePath): number {
    const names = namesOf(root);
    let branch: Branch | undefined = this.#root;
    let known = 0;
    for (const name of names) {
      branch = branch.below.get(name);
      if (branch === undefined) break;
      known += 1;
    }
    return names.length - known;
  }

  add(lock: Lock): void {
    let branch = this.#root;
    for (const name of namesOf(lock.root)) {
      let next = branch.below.get(name);
      if (next === undefined) {
        next = newBranch(branch, name);
        branch.below.set(name, next);
        this.#names += 1;
      }
      branch = next;
    }
    branch.locks.push(lock);
    if (lock.scope === "exclusive") countExclusive(branch, 1);
  }

  delete(lock: Lock): void {
    const branch = this.#find(lock.root);
    const place = branch?.locks.indexOf(lock) ?? -1;
    if (branch === undefined || place < 0) return;
    branch.locks.splice(place, 1);
    if (lock.scope === "exclusive") countExclusive(branch, -1);
    this.#prune(branch);
  }

  /** Locks rooted at this very path. */
  at(path: ResourcePath): readonly Lock[] {
    return this.#find(path)?.locks ?? [];
  }

  /** Locks rooted here, and those of depth infinity above. */
  covering(path: ResourcePath): readonly Lock[] {
    const found: Lock[] = [];
    const names = namesOf(path);
    let branch: Branch | undefined = this.#root;
    for (const name of names) {
      for (const lock of branch.locks) if (lock.depth === "infinity") found.push(lock);
      branch = branch.below.get(name);
      if (branch === undefined) return found;
    }
    found.push(...branch.locks);
    return found;
  }

  /** Locks rooted here or below; with `exclusive` only those, and then looking only where there are some. */
  within(path: ResourcePath, { exclusive = false }: { readonly exclusive?: boolean } = {}): readonly Lock[] {
    const found: Lock[] = [];
    const top = this.#find(path);
    const open: Branch[] = top === undefined ? [] : [top];
    for (let branch = open.pop(); branch !== undefined; branch = open.pop()) {
      if (exclusive && branch.exclusiveWithin === 0) continue;
      for (const lock of branch.locks) if (!exclusive || lock.scope === "exclusive") found.push(lock);
      for (const below of branch.below.values()) open.push(below);
    }
    return found;
  }

  #find(path: ResourcePath): Branch | undefined {
    let branch: Branch | undefined = this.#root;
    for (const name of namesOf(path)) {
      branch = branch.below.get(name);
      if (branch === undefined) return undefined;
    }
    return branch;
  }

  /** Forgets branches that lead to no lock any more. */
  #prune(from: Branch): void {
    let branch = from;
    while (branch.above !== undefined && branch.locks.length === 0 && branch.below.size === 0) {
      branch.above.below.delete(branch.name);
      this.#names -= 1;
      branch = branch.above;
    }
  }
}

/** One name in the paths of lock roots. */
interface Branch {
  readonly above: Branch | undefined;
  readonly name: string;
  readonly below: Map<string, Branch>;
  readonly locks: Lock[];
  /** Exclusive locks rooted here or below. */
  exclusiveWithin: number;
}

function newBranch(above: Branch | undefined, name: string): Branch {
  return { above, name, below: new Map(), locks: [], exclusiveWithin: 0 };
}

function countExclusive(from: Branch, change: 1 | -1): void {
  for (let branch: Branch | undefined = from; branch !== undefined; branch = branch.above) {
    branch.exclusiveWithin += change;
  }
}
