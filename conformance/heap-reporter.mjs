// @ts-check
/** Loaded into a server by left-in-memory.test.ts: answers each message with the bytes in V8's old generation. */
import { getHeapSpaceStatistics } from "node:v8";
import { isMainThread } from "node:worker_threads";

/** In some versions hidden classes have a space of their own. */
const old = new Set(["old_space", "map_space", "large_object_space"]);

if (isMainThread) {
  process.on("message", () => {
    const spaces = getHeapSpaceStatistics().filter(({ space_name }) => old.has(space_name));
    process.send?.(spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0));
  });
}
