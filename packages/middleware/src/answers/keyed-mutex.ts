/** Lets those who want the same thing in one after the other. */

/** Lets the next one in; may be called twice. */
export type EndTurn = () => void;

export interface Turns {
  /** Resolves when all who took this name before have ended their turns. */
  take(name: string): Promise<EndTurn>;
  /** How many names are taken. */
  readonly size: number;
}

/** Makes turns, none of them taken. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>();
  return {
    get size() {
      return last.size;
    },
    async take(name) {
      const before = last.get(name);
      let end: EndTurn = () => undefined;
      const turn = new Promise<void>((resolve) => {
        end = resolve;
      });
      last.set(name, turn);
      await before;
      return () => {
        if (last.get(name) === turn) last.delete(name);
        end();
      };
    },
  };
}
