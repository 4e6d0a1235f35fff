import { JournalError } from "./journal-error.ts";
import type { JournalRecords, JournalStore } from "./journal-store.ts";

/** The format that this version writes. Raised with a step in {@link steps} when records change. */
export const currentFormat = 1;

/** How records of format N become those of format N + 1, by N. */
export type FormatSteps = Readonly<Record<number, (records: JournalRecords) => void>>;

const steps: FormatSteps = {};

/** No key of a record: those are digests, which are longer. */
export const formatKey = "format";

/**
 * Brings records to the current format: an empty database gets it, an older one is upgraded, whole or not at all.
 *
 * @param file named in messages
 * @throws {JournalError} "ERR_JOURNAL_FORMAT" if a newer version wrote it, or nobody knows the way from its format;
 *   "ERR_JOURNAL_CORRUPT" if its format cannot be read. Nothing is changed then.
 */
export async function upgradeFormat(
  store: JournalStore,
  file: string,
  target: { readonly format: number; readonly steps: FormatSteps } = { format: currentFormat, steps },
): Promise<void> {
  const { records } = store;
  const found = readFormat(records, file);
  if (found === target.format) return;
  if (found !== undefined && found > target.format) {
    throw new JournalError(
      "ERR_JOURNAL_FORMAT",
      `the journal ${file} has format ${found}, written by a newer version; this version reads up to ${target.format}`,
    );
  }
  await store.change(() => {
    for (let format = found ?? target.format; format < target.format; format += 1) {
      const step = target.steps[format];
      if (!step) {
        throw new JournalError(
          "ERR_JOURNAL_FORMAT",
          `the journal ${file} has format ${found}, which this version cannot upgrade to ${target.format}`,
        );
      }
      step(records);
    }
    records.put(formatKey, Buffer.from(`${target.format}`));
  });
}

function readFormat(records: JournalRecords, file: string): number | undefined {
  const value = records.get(formatKey);
  if (value === undefined && isEmpty(records)) return undefined;
  const text = value === undefined ? "" : Buffer.from(value).toString();
  if (!/^[1-9][0-9]{0,5}$/.test(text)) {
    throw new JournalError("ERR_JOURNAL_CORRUPT", `the journal ${file} does not say which format it has`);
  }
  return Number(text);
}

function isEmpty(records: JournalRecords): boolean {
  for (const _ of records.range()) return false;
  return true;
}
