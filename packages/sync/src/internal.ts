/** For our own command. It may change with any version. */
export { isOnlyBeginning } from "./documents/only-beginning.ts";
