/**
 * The operations that this browser began without a login: the server does not know whose they are, so the browser keeps their ids,
 * for all windows and over a reload. The server's list of operations reads them, too (`middleware/src/status/page/list-script.ts`).
 */
import { Store } from "../store.ts";

const most = 50;

/** Their ids, the latest first. */
export class OwnOperations extends Store {
  readonly #key: string;
  readonly #storage: Storage;

  /** @param place what makes it another server's: the path of its operations */
  constructor(place: string, storage: Storage) {
    super();
    this.#key = `meanwhile ${place}`;
    this.#storage = storage;
    addEventListener("storage", ({ key }) => {
      if (key === this.#key) this.changed();
    });
  }

  /** Their ids as the storage has them now, the latest first; none where what is there cannot be read. */
  get ids(): readonly string[] {
    try {
      const kept: unknown = JSON.parse(this.#storage.getItem(this.#key) ?? "[]");
      return Array.isArray(kept)
        ? kept.filter((id) => typeof id === "string" && /^[\w-]{1,128}$/.test(id))
        : [];
    } catch {
      // Somebody else wrote there.
      return [];
    }
  }

  add(id: string): void {
    if (!this.ids.includes(id)) this.#keep([id, ...this.ids]);
  }

  remove(gone: ReadonlySet<string>): void {
    if (gone.size > 0) this.#keep(this.ids.filter((id) => !gone.has(id)));
  }

  #keep(ids: readonly string[]): void {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(ids.slice(0, most)));
    } catch {
      // The browser keeps nothing: they are known as long as this window is open at the server's end.
    }
    this.changed();
  }
}
