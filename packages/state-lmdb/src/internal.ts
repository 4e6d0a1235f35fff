/** For our own packages: how worker threads are started. It may change with any version. */

/** Files of states that are not open: what reads an earlier format, and makes the files of the next. */
export { makeFiles, type NewTable, readTables, type TableName } from "./files/database-files.ts";
export type { TableChanges } from "./tables/layer.ts";
export { withRoot } from "./tables/state-table.ts";
export { startThread } from "./writing/start-thread.ts";
