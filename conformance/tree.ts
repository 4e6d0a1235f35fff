import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Names that have tripped servers and clients, each legal on Linux. Control characters are not among them: rclone
 * itself replaces those.
 */
export const hostileNames: readonly string[] = [
  "plain.txt",
  "with space.txt",
  " leading and trailing ",
  "100%.txt",
  "%41%2e%2f.txt",
  "hash#fragment.txt",
  "query?a=b&c=d.txt",
  "plus+and=equals;semi:colon,comma@at!.txt",
  "quote'double\"back`tick.txt",
  "<tag>&amp;]]>.txt",
  "[brackets]{braces}|pipe^caret~.txt",
  "back\\slash.txt",
  "star*$dollar.txt",
  "..two dots before",
  "...",
  ".hidden",
  "trailing dot.",
  "CON",
  // The same letters, composed and decomposed: two names.
  "caf\u00e9 composed.txt",
  "cafe\u0301 decomposed.txt",
  "\u65e5\u672c\u8a9e.txt",
  "\ud83d\ude80 rocket.txt",
  "\u202eright-to-left.txt",
  "n".repeat(255),
  "\u00e4".repeat(127),
];

/**
 * Makes small documents, a hundred in each collection.
 *
 * @param folder where; it is created
 * @param count how many documents
 */
export function makeTree(folder: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const collection = join(folder, `c${String(Math.floor(index / 100)).padStart(4, "0")}`);
    if (index % 100 === 0) {
      mkdirSync(collection, { recursive: true });
    }
    writeFileSync(join(collection, `d${index}.txt`), `document ${index}\n`);
  }
}

/** Makes documents with hostile names, in collections with hostile names. */
export function makeHostileTree(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [index, name] of hostileNames.entries()) {
    writeFileSync(join(folder, name), `${index}: ${name}\n`);
  }
  for (const name of hostileNames.filter((candidate) => candidate.length < 200)) {
    mkdirSync(join(folder, "collections", name), { recursive: true });
    writeFileSync(join(folder, "collections", name, name), name);
  }
  writeFileSync(join(folder, "empty"), "");
  writeFileSync(join(folder, "large.bin"), Buffer.alloc(3_000_000, "0123456789abcdef"));
}

/**
 * What lies below a folder, a line each: kind, path, and for files a digest of the content. Links are not followed.
 * Equal snapshots mean that nothing changed.
 */
export function snapshot(folder: string): readonly string[] {
  const lines: string[] = [];
  const walk = (path: string) => {
    for (const name of readdirSync(join(folder, path)).sort()) {
      // The server knows its folder again by it.
      if (path === "" && name === ".meanwhile-root~") continue;
      const inside = join(path, name);
      const full = join(folder, inside);
      const status = lstatSync(full);
      if (status.isDirectory()) {
        lines.push(`collection ${inside}`);
        walk(inside);
      } else if (status.isSymbolicLink()) {
        lines.push(`link ${inside} -> ${readlinkSync(full)}`);
      } else if (status.isFile()) {
        const digest = createHash("sha1").update(readFileSync(full)).digest("hex");
        lines.push(`document ${inside} ${digest}`);
      } else {
        lines.push(`other ${inside}`);
      }
    }
  };
  walk("");
  return lines;
}
