/** For our own command. It may change with any version. */
export { isOnlyBeginning } from "./folder/only-beginning.ts";
