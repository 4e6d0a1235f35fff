/** Operations whose outcome the journal failed to record: found here, as long as there are few, until it works. */
import type { RunningOperation } from "../operation/running-operation.ts";

/** How many are held. Of more, the one that ended first is given up: the journal still says that it runs. */
const mostUnrecorded = 1000;

/** Outcomes that the journal failed to record, to be tried again. A limited number: the oldest are given up. */
export class Unrecorded {
  // A Map keeps the order in which operations ended.
  readonly #operations = new Map<string, RunningOperation>();

  add(operation: RunningOperation): void {
    this.#operations.set(operation.id, operation);
    const [first] = this.#operations.keys();
    if (this.#operations.size > mostUnrecorded && first !== undefined) this.#operations.delete(first);
  }

  delete({ id }: RunningOperation): void {
    this.#operations.delete(id);
  }

  get(id: string): RunningOperation | undefined {
    return this.#operations.get(id);
  }

  byKey(name: string): RunningOperation | undefined {
    return this.all().find(({ key }) => key?.name === name);
  }

  /** The latest end first. */
  all(): readonly RunningOperation[] {
    return [...this.#operations.values()].reverse();
  }

  /** The one that ended first. */
  next(): RunningOperation | undefined {
    const [first] = this.#operations.values();
    return first;
  }
}
