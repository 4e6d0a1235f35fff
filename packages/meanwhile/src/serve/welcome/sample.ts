/** The folder that is served when none is named: a copy, so that what comes with the program stays as it is. */
import { cp, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failed } from "../../command-error.ts";
import { sampleFolder } from "../../package-files.ts";

/** A folder of the sample that takes some seconds to copy, so that there is something to watch. */
export const sampleTree = "Garden";

const packets = 60;
const seedsEach = 100;

/**
 * Copies the sample to `place`, unless it is there from an earlier time; what was changed in it stays changed.
 * @throws {CommandError} where it cannot be written
 */
export async function placeSample(place: string): Promise<string> {
  if (await isThere(place)) return place;
  const unfinished = `${place}.${process.pid}.new`;
  try {
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    await cp(sampleFolder, unfinished, { recursive: true });
    await sow(join(unfinished, sampleTree, "Seeds"));
    await rename(unfinished, place);
  } catch (cause) {
    // Nothing of it may be there at all.
    await rm(unfinished, { recursive: true, force: true }).catch(() => {});
    throw failed(`the sample folder cannot be copied to ${place}: ${reason(cause)}`, cause);
  }
  return place;
}

async function sow(folder: string): Promise<void> {
  for (let packet = 1; packet <= packets; packet += 1) {
    const place = join(folder, `packet ${`${packet}`.padStart(2, "0")}`);
    await mkdir(place, { recursive: true });
    const seeds = Array.from({ length: seedsEach }, (_, at) => `seed ${`${at + 1}`.padStart(3, "0")}.txt`);
    await Promise.all(seeds.map((name) => writeFile(join(place, name), `${name} of packet ${packet}\n`)));
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // It is not there, or cannot be seen: copying will tell.
    return false;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
