/** Members of a collection, one after the other, without ever holding more than a batch a level. */
import type { ResourcePath } from "@meanwhile/dav";
import type { Member, Tree } from "../store.ts";

export interface WalkOptions {
  /** Whether members come with their dead properties. */
  readonly properties: boolean;
  readonly signal: AbortSignal;
}

/** One opened collection of a walk. */
export interface OpenLevel {
  readonly path: ResourcePath;
  /** Whether a member is at hand without waiting. */
  readonly atHand: boolean;
  /** The next member that is at hand; undefined where there is none. */
  take(): Member | undefined;
  /** Waits for more members; false at the end. */
  more(): Promise<boolean>;
  /** Frees what the tree holds. */
  close(): Promise<void>;
}

/**
 * Opens a collection and waits for its first members.
 * @throws {TreeError} where the collection cannot be read: nothing is left open then
 */
export async function openLevel(tree: Tree, path: ResourcePath, options: WalkOptions): Promise<OpenLevel> {
  const batches = tree.members(path, options)[Symbol.asyncIterator]();
  let batch: readonly Member[] = [];
  let index = 0;
  let ended = false;
  const level: OpenLevel = {
    path,
    get atHand() {
      return index < batch.length;
    },
    take() {
      const member = batch[index];
      if (member !== undefined) index += 1;
      return member;
    },
    async more() {
      if (ended) return false;
      const next = await batches.next();
      ended = next.done === true;
      batch = next.done === true ? [] : next.value;
      index = 0;
      return !ended;
    },
    async close() {
      if (ended) return;
      ended = true;
      await batches.return?.();
    },
  };
  await level.more();
  return level;
}
