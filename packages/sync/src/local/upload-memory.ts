/** What is remembered of uploads that are under way, so that the next command goes on with them: a small file for each. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { UploadMemory } from "@meanwhile/client";

/** A file as it was looked at, and where it goes. */
export interface RememberedUpload {
  /** Where such files are; made if need be, for this user alone. */
  readonly directory: string;
  readonly url: URL;
  /** Its real path. */
  readonly file: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Servers keep uploads for hours or days. */
const keptMs = 14 * 24 * 3_600_000;

/** Another file or place is another upload. What cannot be read or written is as good as forgotten. */
export function uploadMemory({ directory, url, file, size, modifiedMs }: RememberedUpload): UploadMemory {
  const named = JSON.stringify([url.href, file]);
  const place = join(directory, `${createHash("sha256").update(named).digest("hex")}.json`);
  return {
    content: `${size} ${modifiedMs}`,
    async recall() {
      try {
        return readFileSync(place, "utf8");
      } catch {
        return undefined;
      }
    },
    async remember(upload) {
      try {
        if (upload === undefined) rmSync(place, { force: true });
        else {
          mkdirSync(directory, { recursive: true, mode: 0o700 });
          writeFileSync(place, upload, { mode: 0o600 });
          sweep(directory, Date.now() - keptMs);
        }
      } catch {
        // Then the upload is begun anew, should this process end.
      }
    },
  };
}

/** Forgets uploads that were begun before that time: no server has them any more. */
function sweep(directory: string, beforeMs: number): void {
  for (const name of readdirSync(directory)) {
    const file = join(directory, name);
    if (/^[\da-f]{64}\.json$/.test(name) && statSync(file).mtimeMs < beforeMs) rmSync(file, { force: true });
  }
}
