/** Looks at requests that are still there after a while, at next to no cost for those that are not. */
import type { After } from "@meanwhile/operations";

/** What is looked at. Empty it as soon as there is nothing to look at: what is held for long costs the collector. */
export interface Attended<Item> {
  item: Item | undefined;
}

export interface Attention<Item> {
  /** `look` is called with the item between once and twice `ms` from now, if it is still there. */
  add(item: Item): Attended<Item>;
  close(): void;
}

/** Two generations and one timer, however many items there are. */
export function createAttention<Item>(ms: number, after: After, look: (item: Item) => void): Attention<Item> {
  let young: Attended<Item>[] = [];
  let old: Attended<Item>[] = [];
  let cancel: (() => void) | undefined;

  function turn(): void {
    const grown = old;
    old = young;
    young = [];
    cancel = old.length > 0 ? after(ms, turn) : undefined;
    for (const { item } of grown) if (item !== undefined) look(item);
  }

  return {
    add(item) {
      const attended = { item };
      young.push(attended);
      cancel ??= after(ms, turn);
      return attended;
    },
    close() {
      cancel?.();
      cancel = undefined;
      young = [];
      old = [];
    },
  };
}
