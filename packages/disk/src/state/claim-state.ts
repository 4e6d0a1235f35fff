import { type State, StateError } from "@meanwhile/state-lmdb";

/** The version of what is kept: raised whenever an older program could not read it any more. */
export const stateFormat = 1;

/**
 * Makes sure that a state is one of a folder, which it becomes where it is new.
 * @throws {StateError} "corrupt", "newer-format", "other-folder"; nothing is changed then
 */
export async function claimState(state: State, folder: string): Promise<void> {
  const part = state.part();
  const about = part.table<string, number | string>("about", "json");
  const format = about.get("format");
  if (format === undefined) {
    await part.change(
      () => {
        about.put("format", stateFormat);
        about.put("folder", folder);
      },
      { freesRoom: true },
    );
    return;
  }
  if (typeof format !== "number" || format > stateFormat) {
    throw new StateError(
      "newer-format",
      `a newer version of this program wrote ${state.file} (format ${format})`,
    );
  }
  const owner = about.get("folder");
  if (owner === folder) return;
  throw new StateError(
    "other-folder",
    `the state directory ${state.directory} belongs to the folder ${owner}, not to ${folder}`,
  );
}
