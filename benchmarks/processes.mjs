/** What a server costs, read from /proc: of its process and all processes below it. */
import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** Processor time that the processes have used, in milliseconds, that of children that ended included. */
export function cpuMs(pid) {
  let ticks = 0;
  for (const fields of family(pid)) {
    ticks += Number(fields[13]) + Number(fields[14]) + Number(fields[15]) + Number(fields[16]);
  }
  return (ticks * 1000) / ticksPerSecond;
}

/** Memory of the processes, each shared page counted once among those that share it, in MB. */
export function pssMb(pid) {
  let kilobytes = 0;
  for (const [id] of family(pid)) {
    try {
      const rollup = readFileSync(`/proc/${id}/smaps_rollup`, "utf8");
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It ended meanwhile.
    }
  }
  return kilobytes / 1024;
}

/** Samples memory while something runs; the peak is in MB. */
export function watchMemory(pid) {
  let peak = pssMb(pid);
  const timer = setInterval(() => {
    peak = Math.max(peak, pssMb(pid));
  }, 100);
  return {
    peak: () => Math.max(peak, pssMb(pid)),
    stop: () => clearInterval(timer),
  };
}

/** The stat fields of a process and of all below it. */
function family(pid) {
  const byParent = new Map();
  let own;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // The second field is a name in parentheses, and may have spaces in it.
      const fields = [name, "", ...stat.slice(stat.lastIndexOf(")") + 2).split(" ")];
      if (Number(name) === pid) own = fields;
      const siblings = byParent.get(Number(fields[3])) ?? [];
      byParent.set(Number(fields[3]), [...siblings, fields]);
    } catch {
      // It ended meanwhile.
    }
  }
  const found = own === undefined ? [] : [own];
  for (const fields of found) {
    found.push(...(byParent.get(Number(fields[0])) ?? []));
  }
  return found;
}
