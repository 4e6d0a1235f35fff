import { isWithin, type ResourcePath } from "@meanwhile/dav";
import type { ChangeOptions, Part } from "@meanwhile/state-lmdb";

/** A change that was made, and is not recorded yet. */
export interface OwedChange {
  /** Resources whose properties are not known until it is. */
  readonly paths: readonly ResourcePath[];
  record(): void;
}

/** Changes that were made and could not be recorded: they are, before anything else is. */
export class OwedChanges {
  readonly #part: Part;
  readonly #paid: () => void;
  #owed: OwedChange[] = [];
  #paying: Promise<void> | undefined;

  /** @param paid called when changes that were owed are recorded */
  constructor(part: Part, paid: () => void) {
    this.#part = part;
    this.#paid = paid;
  }

  /** Whether a change is owed. */
  get any(): boolean {
    return this.#owed.length > 0;
  }

  add(change: OwedChange): void {
    this.#owed.push(change);
  }

  /** Whether what is recorded of a resource is not what it has. */
  concern(path: ResourcePath): boolean {
    return this.#owed.some(({ paths }) => paths.some((at) => isWithin(path, at)));
  }

  /** Makes a change, after what is owed. @throws what {@link Part.change} throws, for either */
  async write<T>(change: () => T, options?: ChangeOptions): Promise<T> {
    while (this.any) {
      this.#paying ??= this.#pay();
      await this.#paying;
    }
    return this.#part.change(change, options);
  }

  async #pay(): Promise<void> {
    const paid = [...this.#owed];
    try {
      await this.#part.change(
        () => {
          for (const { record } of paid) record();
        },
        { freesRoom: true },
      );
      this.#owed = this.#owed.slice(paid.length);
      this.#paid();
    } finally {
      this.#paying = undefined;
    }
  }
}
