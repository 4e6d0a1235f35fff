// @ts-check
/** Loaded into a server by processor.mjs: SIGUSR2 begins sampling, and the next one writes what was seen. */
import { renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  let isSampling = false;
  process.on("SIGUSR2", async () => {
    isSampling = !isSampling;
    if (isSampling) return session.post("Profiler.start");
    const { profile } = await session.post("Profiler.stop");
    const file = String(process.env["SAMPLES"]);
    writeFileSync(`${file}.part`, JSON.stringify(profile));
    renameSync(`${file}.part`, file);
  });
}
