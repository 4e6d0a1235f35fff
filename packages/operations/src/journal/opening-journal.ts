/** A journal that is still being opened: whatever is asked of it waits for that, in its order. */
import type { Journal } from "./journal.ts";

/** Where it cannot be opened, each call rejects with the reason. */
export function openingJournal(opening: Promise<Journal>): Journal {
  return {
    put: async (entry, options) => (await opening).put(entry, options),
    take: async (entry, replaces, options) => (await opening).take(entry, replaces, options),
    mark: async (id, marks) => (await opening).mark(id, marks),
    get: async (id) => (await opening).get(id),
    byKey: async (name) => (await opening).byKey(name),
    list: async (principal, limit) => (await opening).list(principal, limit),
    unfinished: async () => (await opening).unfinished(),
    remove: async (id, options) => (await opening).remove(id, options),
    close: async () => (await opening).close?.(),
  };
}
