import { Writable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { feed } from "./attempt.ts";

const mib = 1024 * 1024;

test("content that is sent is not kept: 256 MiB take no more memory than a few", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const content = {
    length: 256 * mib,
    repeatable: true,
    async *open() {
      for (let piece = 1; piece <= 256; piece += 1) {
        yield new Uint8Array(mib);
        if (piece % 64 !== 0) continue;
        collect();
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    },
  };
  let passed = 0;
  const target = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      passed += chunk.length;
      setImmediate(done);
    },
  });
  await feed(content, target, {
    stop: new AbortController().signal,
    hold: () => undefined,
    sent: () => undefined,
  });
  expect(passed).toBe(256 * mib);
  expect(most).toBeLessThan(64 * mib);
});
