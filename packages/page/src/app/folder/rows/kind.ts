/** The kind of a file, by the end of its name. */
import type { IconName } from "../../icons.tsx";
import type { Row } from "./row.ts";

/** The picture of a member. */
export function iconOf({ name, collection }: Pick<Row, "name" | "collection">): IconName {
  if (collection) return "folder";
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return kinds.get(ending) ?? "file";
}

const kinds: ReadonlyMap<string, IconName> = new Map(
  (
    [
      ["image", "png jpg jpeg gif webp avif svg heic tif tiff bmp ico raw psd"],
      ["video", "mp4 mkv mov avi webm m4v mpg mpeg"],
      ["audio", "mp3 flac wav ogg m4a opus aac mid"],
      ["archive", "zip gz tgz tar bz2 xz zst 7z rar iso dmg"],
      ["code", "js ts tsx jsx mjs py rb go rs c h cpp java kt php sh html css json xml yml yaml toml sql"],
      ["table", "csv tsv xls xlsx ods numbers"],
      ["text", "txt md pdf doc docx odt rtf epub pages tex log ppt pptx odp key"],
    ] as const
  ).flatMap(([kind, endings]) => endings.split(" ").map((ending) => [ending, kind] as const)),
);
