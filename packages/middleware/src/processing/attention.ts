/** Looks at requests that are still there after a while, at next to no cost for those that are not. */
import type { After } from "@meanwhile/operations";

export interface Attention<Item> {
  /** `look` is called with the item between once and twice `ms` from now. */
  add(item: Item): void;
  close(): void;
}

/** Two generations and one timer, however many items there are. */
export function createAttention<Item>(ms: number, after: After, look: (item: Item) => void): Attention<Item> {
  let young: Item[] = [];
  let old: Item[] = [];
  let cancel: (() => void) | undefined;

  function turn(): void {
    const grown = old;
    old = young;
    young = [];
    cancel = old.length > 0 ? after(ms, turn) : undefined;
    for (const item of grown) look(item);
  }

  return {
    add(item) {
      young.push(item);
      cancel ??= after(ms, turn);
    },
    close() {
      cancel?.();
      cancel = undefined;
      young = [];
      old = [];
    },
  };
}
