/** In which order the members of a folder are shown. Folders come first, whatever it is. */
import type { Row } from "./row.ts";

export type Column = "name" | "size" | "modified";

export interface Order {
  readonly by: Column;
  readonly descending: boolean;
}

export type Compare = (a: Row, b: Row) => number;

/** Compares two rows; names decide among equals, so that the order is always the same. */
export function comparison({ by, descending }: Order, language: string): Compare {
  const collator = new Intl.Collator(language, { numeric: true });
  const names: Compare = (a, b) => collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
  const values: Readonly<Record<Column, Compare>> = {
    name: names,
    size: (a, b) => (a.length ?? -1) - (b.length ?? -1) || names(a, b),
    modified: (a, b) => (a.modified?.getTime() ?? 0) - (b.modified?.getTime() ?? 0) || names(a, b),
  };
  const compare = values[by];
  return (a, b) => {
    if (a.collection !== b.collection) return a.collection ? -1 : 1;
    return descending ? compare(b, a) : compare(a, b);
  };
}

/** Sorted rows with more of them, sorted: so a long folder is in order at all times while it is loaded. */
export function merged(sorted: readonly Row[], more: readonly Row[], compare: Compare): readonly Row[] {
  const others = more.toSorted(compare);
  if (sorted.length === 0) return others;
  const all: Row[] = [];
  let [at, other] = [0, 0];
  while (at < sorted.length && other < others.length) {
    const [a, b] = [sorted[at], others[other]];
    if (a === undefined || b === undefined) break;
    if (compare(a, b) <= 0) {
      all.push(a);
      at += 1;
    } else {
      all.push(b);
      other += 1;
    }
  }
  return [...all, ...sorted.slice(at), ...others.slice(other)];
}

/** Those whose name has the text in it, however it is written. */
export function filtered(rows: readonly Row[], text: string): readonly Row[] {
  if (text.trim() === "") return rows;
  const isWanted = matches(text);
  return rows.filter(({ name }) => isWanted(name));
}

/** Whether a name has the text in it, however it is written. */
export function matches(text: string): (name: string) => boolean {
  const wanted = plain(text.trim());
  return (name) => plain(name).includes(wanted);
}

/** Without case and accents. */
function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
