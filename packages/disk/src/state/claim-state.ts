import { type State, StateError } from "@meanwhile/state-lmdb";
import type { NameOwner } from "../paths/names.ts";

/** The version of the layout of a state directory: raised whenever an older program could not read it any more. */
export const stateFormat = 2;

/** The number of what belongs to the state itself, in the keys of records. */
export const noRoot = 0;
/** The number of the root that a state has. */
export const onlyRoot = 1;

/** What the state says of itself, and of its root: "format", "owner", "epoch"; "folder". */
export const aboutTable = { name: "about", encoding: "json" } as const;

/**
 * Makes sure that a state is one of a folder, which it becomes where it is new, and counts the start.
 *
 * @param accept takes the folder whatever path the state has of it, as after it was moved
 * @returns whose names this start makes
 * @throws {StateError} "corrupt", "newer-format", "other-folder"; nothing is changed then
 */
export async function claimState(state: State, folder: string, accept = false): Promise<NameOwner> {
  const part = state.part({ root: noRoot });
  const about = part.table<string, number | string>(aboutTable.name, aboutTable.encoding);
  const [format, id, epoch] = ["format", "owner", "epoch"].map((key) => about.get(key));
  if (typeof format !== "number" || typeof id !== "string" || typeof epoch !== "number") {
    throw new StateError("corrupt", `the database ${state.file} does not say what it is`);
  }
  if (format > stateFormat) {
    throw new StateError(
      "newer-format",
      `a newer version of this program wrote ${state.file} (format ${format})`,
    );
  }
  await claimFolder(state, folder, accept);
  // Whatever is recorded of a name is recorded with it, or later.
  await part.change(() => about.put("epoch", epoch + 1), { durable: false, freesRoom: true });
  return { id, epoch: epoch + 1 };
}

async function claimFolder(state: State, folder: string, accept: boolean): Promise<void> {
  const part = state.part({ root: onlyRoot });
  const about = part.table<string, string>(aboutTable.name, aboutTable.encoding);
  const owner = about.get("folder");
  if (owner === folder) return;
  if (owner === undefined || accept)
    return part.change(() => about.put("folder", folder), { freesRoom: true });
  throw new StateError(
    "other-folder",
    `the state directory ${state.directory} belongs to the folder ${owner}, not to ${folder}; if that was moved here, start once with --accept-new-root`,
  );
}
