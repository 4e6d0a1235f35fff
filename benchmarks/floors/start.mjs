// @ts-check
/**
 * The floor of a start: what any server takes that answers over HTTP/1.1 and HTTP/2, keeps its state in LMDB and commits in a
 * thread of its own, before a line of ours is loaded.
 *
 *   node benchmarks/floors/start.mjs DIRECTORY     the state is made in there
 */
import { createServer } from "node:http";
import "node:http2";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { open } from "lmdb";

const directory = isMainThread ? process.argv[2] : workerData;
const database = open({ path: join(directory, "state.mdb"), maxDbs: 32, noSync: true });
if (isMainThread) {
  const writer = new Worker(new URL(import.meta.url), { workerData: directory });
  writer.once("message", () => {
    const server = createServer((_, response) => response.end());
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      console.log(`listening on http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
    });
  });
} else {
  await database.put("began", 1);
  parentPort?.postMessage("ready");
  parentPort?.on("message", () => {});
}
