/** Which files are shown on the page itself: pictures, and text that is short. All others are opened by the browser. */
import type { Row } from "../folder/rows/row.ts";

export type PreviewKind = "image" | "text";

const mostImageBytes = 20_000_000;
const mostTextBytes = 256 * 1024;

const kinds: ReadonlyMap<string, PreviewKind> = new Map([
  ...endings("image", "png jpg jpeg gif webp avif bmp ico svg"),
  ...endings(
    "text",
    "txt md log csv tsv json jsonl yml yaml toml ini conf tex js ts css py rb go rs c h java sh sql",
  ),
]);

/** By the end of its name and its length; undefined where it is not. */
export function previewKind({ name, collection, length }: Row): PreviewKind | undefined {
  if (collection || length === undefined || length === 0) return undefined;
  const kind = kinds.get(name.slice(name.lastIndexOf(".") + 1).toLowerCase());
  return kind !== undefined && length <= (kind === "image" ? mostImageBytes : mostTextBytes)
    ? kind
    : undefined;
}

function endings(kind: PreviewKind, list: string): readonly (readonly [string, PreviewKind])[] {
  return list.split(" ").map((ending) => [ending, kind] as const);
}
