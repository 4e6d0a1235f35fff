import type { Part, Table } from "@meanwhile/state-lmdb";
import type { Facts } from "../calls/file-facts.ts";
import { entityTag } from "./resource.ts";

/** Of more, the one that was moved first gets another tag. */
export const mostMovedTags = 10_000;

/** What is kept of a moved document: the tag that it had, and a number that grows with each. */
type Kept = readonly [tag: string, order: number];

/**
 * Entity tags that documents keep when they are moved, though that changes their time of change. A tag is found by the
 * one that the document would have otherwise: it is lost as soon as anything changes the document, or its time of
 * change alone. A tag that is not recorded before the process ends is lost, too: one change too many does no harm.
 */
export class MovedTags {
  readonly #records: Table<string, Kept> | undefined;
  readonly #part: Part | undefined;
  /** By what the tag would be, the first moved first. */
  readonly #kept: Map<string, string>;
  #order: number;

  /** @param part of the state; default: kept in memory alone */
  constructor(part?: Part) {
    this.#records = part?.table<string, Kept>("moved-tags", "json");
    this.#part = part;
    const records = [...(this.#records?.range() ?? [])];
    records.sort((one, other) => one.value[1] - other.value[1]);
    this.#kept = new Map(records.map(({ key, value }) => [key, value[0]]));
    this.#order = records.at(-1)?.value[1] ?? 0;
  }

  /** The tag of a document. */
  of(facts: Facts): string {
    return this.ofUnmoved(entityTag(facts));
  }

  /** The tag of a document that would have this one, had it not been moved. */
  ofUnmoved(tag: string): string {
    return this.#kept.size === 0 ? tag : (this.#kept.get(tag) ?? tag);
  }

  /**
   * A document was moved, and nothing else was done to it.
   * @param before what it was immediately before
   * @param after what it is after the last call that changed its time of change
   */
  keep(before: Facts, after: Facts): void {
    const same = before.ino === after.ino && before.size === after.size && before.mtimeNs === after.mtimeNs;
    if (!same || before.ctimeNs === after.ctimeNs) return;
    const [tag, old, now] = [this.of(before), entityTag(before), entityTag(after)];
    const gone = [old];
    this.#kept.delete(old);
    this.#kept.set(now, tag);
    for (const first of this.#kept.keys()) {
      if (this.#kept.size <= mostMovedTags) break;
      this.#kept.delete(first);
      gone.push(first);
    }
    this.#order += 1;
    this.#record(now, [tag, this.#order], gone);
  }

  #record(key: string, kept: Kept, gone: readonly string[]): void {
    const records = this.#records;
    if (records === undefined) return;
    const change = (): void => {
      for (const one of gone) records.remove(one);
      records.put(key, kept);
    };
    // Nobody waits for it: should it fail, the tag changes with the next start.
    this.#part?.change(change, { durable: false }).catch(() => {});
  }
}
