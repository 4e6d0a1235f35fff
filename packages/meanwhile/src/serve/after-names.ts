import type { Disk } from "@meanwhile/disk";
import type { DurableJournal } from "@meanwhile/journal-lmdb";

/**
 * A journal that records nothing before the names which it may tell of are synced: an outcome that survives a loss of
 * power tells of something that does, too.
 */
export function afterNames(
  { namesSynced }: Pick<Disk, "namesSynced">,
  journal: DurableJournal,
): DurableJournal {
  return {
    ...journal,
    async put(entry, options) {
      await namesSynced();
      await journal.put(entry, options);
    },
  };
}
