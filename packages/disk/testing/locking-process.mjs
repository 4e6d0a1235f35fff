/**
 * Makes locks without end, ten at a time, and removes each tenth. Prints each when the store has answered:
 * `TOKEN ROOT`, and `removed TOKEN ROOT`. Its test kills it.
 *
 * Arguments: the state directory, the time of day in milliseconds.
 */
import { writeSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { keptLocks } from "@meanwhile/server/internal";
import { openState } from "@meanwhile/state-lmdb";

const [directory, nowMs] = process.argv.slice(2);
const state = await openState({ directory, file: "state.mdb" });
const part = state.part();
const store = keptLocks({
  records: part.table("locks", "json"),
  change: (work, how) => part.change(work, how),
  clock: () => Number(nowMs),
  limits: { locksPerPrincipal: 1_000_000, locks: 1_000_000, names: 1_000_000 },
});

async function lock(index) {
  const { lock } = await store.create({
    root: `/c${index % 10}/m${index}`,
    scope: "exclusive",
    depth: "infinity",
    owner: "<owner/>",
    principal: "ann",
    timeoutSeconds: 1000,
  });
  const line = `${lock.token} ${lock.root}\n`;
  if (index % 10 !== 0) return print(line);
  await store.remove(lock.token);
  return print(`removed ${line}`);
}

async function print(line) {
  for (;;) {
    try {
      return writeSync(1, line);
    } catch (error) {
      // Locks are made faster than the test reads.
      if (error.code !== "EAGAIN") throw error;
      await nextTurn();
    }
  }
}

for (let index = 0; ; index += 10) {
  await Promise.all(Array.from({ length: 10 }, (_, offset) => lock(index + offset)));
}
