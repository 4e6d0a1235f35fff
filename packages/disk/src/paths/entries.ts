import type { Calls, NameOptions } from "../calls/calls.ts";
import { type Found, type NameType, readFacts } from "../calls/file-operations.ts";
import type { Directory } from "./folder.ts";

/** A name in a directory, as the directory itself tells it. */
export interface Entry {
  readonly name: string;
  readonly type: NameType;
  /** False where the name on disk is not valid UTF-8, so that `name` does not reach it. */
  readonly reachable: boolean;
  /** The name on disk, where it is not reachable. */
  readonly bytes?: Uint8Array;
  /** What has the name, where that was read along with it. */
  readonly facts?: Found;
}

/**
 * Reads a directory in batches of at most 256. Ending the iteration early closes it.
 * @param options.aside for work on a tree: never on the main thread
 */
export async function* readEntries(
  calls: Calls,
  directory: Directory,
  options: NameOptions = {},
): AsyncGenerator<readonly Entry[], void, void> {
  for await (const { names, types, facts } of calls.readNames(directory.self, options)) {
    yield names.map((name, at) => {
      const type = types[at] ?? "other";
      if (typeof name === "string") {
        const entry = { name, type, reachable: true };
        return facts === undefined ? entry : { ...entry, facts: readFacts(facts, at) };
      }
      return { name: Buffer.from(name).toString(), type, reachable: false, bytes: name };
    });
  }
}
