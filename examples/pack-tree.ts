/** Slow work for the examples: hashes all files of a tree and packs them, telling how far it is. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { createGzip } from "node:zlib";
import type { HandlerOperation } from "@meanwhile/middleware/node";

export interface Packed {
  readonly files: number;
  /** Of all contents, one after the other. */
  readonly sha256: string;
  /** Of the pack. */
  readonly bytes: number;
}

export async function packTree(root: string, operation: HandlerOperation): Promise<Packed> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  files.sort();
  const hash = createHash("sha256");
  const gzip = createGzip();
  let bytes = 0;
  gzip.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  for (const [index, file] of files.entries()) {
    operation.signal.throwIfAborted();
    const content = await readFile(file);
    hash.update(content);
    const head = `${relative(root, file)} ${content.length}\n`;
    if (!gzip.write(Buffer.concat([Buffer.from(head), content]))) await once(gzip, "drain");
    operation.progress(index + 1, files.length, "files");
  }
  gzip.end();
  await once(gzip, "end");
  return { files: files.length, sha256: hash.digest("hex"), bytes };
}
