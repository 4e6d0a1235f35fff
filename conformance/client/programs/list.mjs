// Lists argv[2] with the built client; tells how many members there were, and how many bytes more were in use late than early.
import { createClient } from "@meanwhile/client";

const [, , url] = process.argv;
const dav = createClient(url, { proxy: false });

/** Bytes in use, garbage aside. */
function heap() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

const names = new Set();
let count = 0;
let early = 0;
let late = 0;
for await (const { name } of dav.list("")) {
  count += 1;
  if (count === 1000) early = heap();
  if (count === 9000) late = heap();
  if (count % 1000 === 0) names.add(name);
}
await dav.close();
console.log(JSON.stringify({ count, different: names.size, grownBytes: late - early }));
