import type { Calls } from "../calls/calls.ts";
import type { NameType } from "../calls/directory-names.ts";
import type { Directory } from "./folder.ts";

/** A name in a directory, as the directory itself tells it. */
export interface Entry {
  readonly name: string;
  readonly type: NameType;
  /** False where the name on disk is not valid UTF-8, so that `name` does not reach it. */
  readonly reachable: boolean;
}

/** Reads a directory in batches of at most 256. Ending the iteration early closes it. */
export async function* readEntries(
  calls: Calls,
  directory: Directory,
): AsyncGenerator<readonly Entry[], void, void> {
  for await (const { names, types } of calls.readNames(directory.self)) {
    yield names.map((name, at) => {
      const type = types[at] ?? "other";
      if (typeof name === "string") return { name, type, reachable: true };
      return { name: Buffer.from(name).toString(), type, reachable: false };
    });
  }
}
