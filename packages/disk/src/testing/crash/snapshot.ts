/** What a folder has in it, to be compared. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree } from "@meanwhile/server/store";

/** A line for each member at every depth: its path, its content, its dead properties. */
export async function describeFolder(folder: string, tree: Tree): Promise<readonly string[]> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const lines: string[] = [];
  for (const name of names) {
    const stats = lstatSync(join(folder, name));
    const content = stats.isFile() ? readFileSync(join(folder, name), "utf8") : "/";
    const properties = await tree.properties(`/${name}` as ResourcePath);
    lines.push([name, content, ...properties.map(({ xml }) => xml)].join(" | "));
  }
  return lines;
}

/** Inode and time of change of each file, by its path. */
export function fileIdentities(folder: string): ReadonlyMap<string, string> {
  const identities = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const { ino, ctimeNs } = lstatSync(join(folder, name), { bigint: true });
    if (lstatSync(join(folder, name)).isFile()) identities.set(name, `${ino} ${ctimeNs}`);
  }
  return identities;
}
