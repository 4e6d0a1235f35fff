/** State that components show: they are drawn anew when it says that it has changed. */
import { useEffect, useReducer } from "preact/hooks";

/** Tells its listeners when it has changed. */
export class Store {
  readonly #listeners = new Set<() => void>();

  /** @returns what ends it */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Draws the component that calls it whenever the store has changed. */
export function useStore<Kind extends Store>(store: Kind): Kind {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => store.subscribe(() => redraw(undefined)), [store]);
  return store;
}
