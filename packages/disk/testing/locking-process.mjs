/**
 * Makes locks without end, ten at a time, and removes each tenth. Prints each when the store has answered:
 * `TOKEN ROOT`, and `removed TOKEN ROOT`. Its test kills it.
 *
 * Arguments: the path of the database, the time of day in milliseconds.
 */
import { writeSync } from "node:fs";
import { open } from "lmdb";
import { openLockStore } from "../src/state/lock-store.ts";

const [path, nowMs] = process.argv.slice(2);
const store = openLockStore({
  database: open({ path }),
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
  if (index % 10 !== 0) return writeSync(1, line);
  await store.remove(lock.token);
  return writeSync(1, `removed ${line}`);
}

for (let index = 0; ; index += 10) {
  await Promise.all(Array.from({ length: 10 }, (_, offset) => lock(index + offset)));
}
