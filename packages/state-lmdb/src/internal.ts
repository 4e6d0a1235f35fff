/** For our own packages: how worker threads are started. It may change with any version. */

/** Files of states that are not open: what reads an earlier format, and makes the files of the next. */
export { makeFiles, type NewTable, readTables, type TableName } from "./database-files.ts";
export type { TableChanges } from "./layer.ts";
export { startThread } from "./start-thread.ts";
export { withRoot } from "./state-table.ts";
