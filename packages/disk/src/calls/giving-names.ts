import { dirname } from "node:path";
import { type Awaitable, TreeError } from "@meanwhile/server/store";
import { afterFailure } from "./after-failure.ts";
import { mayBeOfName } from "./errno.ts";

export interface GivenName<Value> {
  /** The name that is given, as the system's calls take it. */
  readonly name: string;
  /** What gets it; undefined where that is new. */
  readonly source: string | undefined;
  readonly call: () => Awaitable<Value>;
  /** Whether something has a name. */
  readonly isThere: (path: string) => Awaitable<boolean>;
}

/**
 * Makes a call that gives something a name. A file system that cannot have the name answers that the way to it is
 * missing (exFAT: ENOENT), or that an argument is invalid: where the directory and the source are there, it is the
 * name.
 *
 * @throws {TreeError} "name-refused"; else what the call failed with
 */
export function givingName<Value>({ name, source, call, isThere }: GivenName<Value>): Awaitable<Value> {
  const there = async (path: string): Promise<boolean> => {
    try {
      return await isThere(path);
    } catch {
      // What the call failed with is told.
      return false;
    }
  };
  return afterFailure(call, async (error) => {
    if (!mayBeOfName(error) || !(await there(dirname(name)))) throw error;
    if (source !== undefined && !(await there(source))) throw error;
    throw new TreeError("name-refused", "the file system cannot have this name", { cause: error });
  });
}
