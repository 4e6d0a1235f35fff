/** For our own packages: how worker threads are started. It may change with any version. */
export { startThread } from "./start-thread.ts";
