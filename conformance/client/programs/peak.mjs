// Given to Node with --import: writes the peak of the process's memory to the file that MEANWHILE_PEAK names, in bytes.
import { readFileSync, writeFileSync } from "node:fs";

process.on("exit", () => {
  // Not the resource usage of the process: that remembers the one that started it.
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  writeFileSync(process.env.MEANWHILE_PEAK, String(Number(kib) * 1024));
});
