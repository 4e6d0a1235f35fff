// @ts-check
/**
 * The other program: again and again it puts a link that leads out of the folder in the place of each of some names, and
 * then what was there before. It makes as few calls as it can between two states, holds directories by descriptors, so that
 * it follows no link itself, and ends with its input, telling how often it swapped each name.
 *
 *   node swap-links.mjs FOLDER OUTSIDE SEED NAME...     a name that ends with "/" is a directory
 */
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate as pause } from "node:timers/promises";

const [folder = "", outside = "", seed = "", ...names] = process.argv.slice(2);
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
/** Within the folder, so that what the server holds open there is never outside of it. */
const aside = join(folder, "aside");
const hops = join(outside, "hops");
/** @type {Record<string, number>} */
const swaps = {};
let made = 0;
let random = Number(seed);
let going = true;
process.stdin.on("end", () => {
  going = false;
});
process.stdin.resume();

mkdirSync(aside, { recursive: true });
while (going) {
  for (const name of names) swap(name);
  await pause();
}
process.stdout.write(JSON.stringify(swaps));

/** @param {string} name */
function swap(name) {
  const isDirectory = name.endsWith("/");
  const parts = name.split("/").filter(Boolean);
  const own = parts.pop() ?? "";
  const parent = hold(parts);
  if (parent === undefined) return;
  const at = `/proc/self/fd/${parent}/${own}`;
  try {
    const link = leadingOut(parts, own);
    if (isDirectory) {
      const real = join(aside, `real-${made}`);
      renameSync(at, real);
      renameSync(link, at);
      linger();
      renameSync(at, link);
      // Most come back as they are, so that requests go on with what they hold; some are new.
      if (next(8) !== 0) renameSync(real, at);
    } else {
      const real = join(aside, `real-${made}`);
      linkSync(at, real);
      renameSync(link, at);
      linger();
      renameSync(real, at);
    }
    swaps[name] = (swaps[name] ?? 0) + 1;
  } catch {
    // The server was faster: it removed or made what has one of the names.
  } finally {
    if (!isSettled(at, isDirectory)) renew(at, isDirectory);
    closeSync(parent);
    clear();
  }
}

/** The directory of these names, without following a link. @param {readonly string[]} parts */
function hold(parts) {
  let held = openSync(folder, O_RDONLY | O_DIRECTORY);
  for (const part of parts) {
    const before = held;
    try {
      held = openSync(`/proc/self/fd/${before}/${part}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch {
      return undefined;
    } finally {
      closeSync(before);
    }
  }
  return held;
}

/** A link to what has the same path outside: absolute, relative, or by way of another link. @param {readonly string[]} parts @param {string} own */
function leadingOut(parts, own) {
  made += 1;
  const link = join(aside, `link-${made}`);
  const target = join(outside, ...parts, own);
  const relative = join(...parts.map(() => ".."), "..", "outside", ...parts, own);
  const byWay = join(hops, [...parts, own].join("-"));
  symlinkSync([target, relative, byWay][next(3)] ?? target, link);
  return link;
}

/** @param {string} at @param {boolean} isDirectory */
function isSettled(at, isDirectory) {
  try {
    const stats = lstatSync(at);
    return isDirectory ? stats.isDirectory() : stats.isFile();
  } catch {
    return false;
  }
}

/** @param {string} at @param {boolean} isDirectory */
function renew(at, isDirectory) {
  const fresh = join(aside, `fresh-${made}`);
  try {
    if (isDirectory) {
      mkdirSync(join(fresh, "deep"), { recursive: true });
      for (const name of ["doc", "deep/doc"]) writeFileSync(join(fresh, name), "public");
    } else {
      writeFileSync(fresh, "public");
    }
    // Whatever has the name goes aside first: a directory is not replaced by a rename.
    try {
      renameSync(at, join(aside, `gone-${made}`));
    } catch {
      // Nothing has it.
    }
    renameSync(fresh, at);
  } catch {
    // The server made something there meanwhile; or its parent is gone.
  }
}

function clear() {
  if (made % 16 !== 0) return;
  try {
    rmSync(aside, { recursive: true, force: true });
  } catch {
    // The server is putting something into it.
  }
  mkdirSync(aside, { recursive: true });
}

/** For up to some hundred microseconds: the steps of the server come at any moment of it. */
function linger() {
  const until = process.hrtime.bigint() + BigInt(next(300) * 1000);
  while (process.hrtime.bigint() < until);
}

/** @param {number} below */
function next(below) {
  random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return (random >>> 8) % below;
}
