/** What is large takes time, not memory: listings of 10,000 members, and files that are larger than the memory. */
import { createHash, randomBytes } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runWell } from "../run.ts";
import { type CommandUser, commandUser } from "./command.ts";
import { describeSites, type Site, type SiteKind } from "./sites.ts";

const program = (name: string): string => fileURLToPath(new URL(`programs/${name}`, import.meta.url));
const mib = 1024 * 1024;
const fileMib = 2048;
const members = 10_000;
/** Memory of this process can only be read on Linux. */
const measures = existsSync("/proc/self/status");

/** As many bytes as that; not the same ones over and over. */
async function writeLarge(path: string, length: number): Promise<void> {
  const file = await open(path, "w");
  const block = randomBytes(mib);
  for (let at = 0; at < length; at += mib) {
    block.writeDoubleLE(at, 0);
    await file.write(block, 0, Math.min(mib, length - at));
  }
  await file.close();
}

async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Made once, and moved from one server's folder to the next. */
const place = mkdtempSync(join(tmpdir(), "meanwhile-large-"));
const many = join(place, "many");
let least = 0;
beforeAll(async () => {
  mkdirSync(many);
  for (let index = 0; index < members; index += 1) writeFileSync(join(many, `member ${index}.txt`), "x");
  await writeLarge(join(place, "large.bin"), fileMib * mib);
  await writeLarge(join(place, "small.bin"), mib);
}, 600_000);
afterAll(() => rmSync(place, { recursive: true, force: true }));

const describeThem = (body: (kind: SiteKind) => void) => describeSites("what is large, on", body);

describeThem(({ start }) => {
  let site: Site;
  let ann: CommandUser;
  beforeAll(async () => {
    site = await start();
    ann = commandUser();
  });
  afterAll(async () => {
    ann?.leave();
    await site?.stop();
  });

  test(`a listing of ${members} members is whole, and what it takes does not grow with it`, async () => {
    renameSync(many, join(site.folder, "many"));
    site.own();
    const { stdout } = await runWell(process.execPath, [
      "--expose-gc",
      program("list.mjs"),
      `${site.url}many/`,
    ]);
    const { count, different, grownBytes } = JSON.parse(stdout) as Record<string, number>;
    expect([count, different]).toEqual([members, members / 1000]);
    // Were they kept, it would be more than ten.
    expect(grownBytes).toBeLessThan(4 * mib);
    renameSync(join(site.folder, "many"), many);
  });

  /** Runs the command to its good end. @returns the peak of its memory, in bytes */
  async function peakOf(...args: readonly string[]): Promise<number> {
    const file = join(ann.home, "peak");
    const environment = {
      NODE_OPTIONS: measures ? `--import=${pathToFileURL(program("peak.mjs")).href}` : "",
      MEANWHILE_PEAK: file,
    };
    const options = { environment, timeoutMs: 600_000 };
    const { code, stdout, stderr } = await ann.commandWith(options, ...args);
    if (code !== 0) throw new Error(`meanwhile ${args.join(" ")}\nended with ${code}\n${stdout}\n${stderr}`);
    return measures ? Number(readFileSync(file, "utf8")) : 0;
  }

  test(`a file of ${fileMib} MiB goes up and comes down whole, in as much memory as a small one`, async () => {
    const url = `${site.url}large.bin`;
    const file = join(place, "large.bin");
    const back = join(ann.home, "back.bin");
    const sha = await digest(file);
    if (least === 0) least = await peakOf("put", join(place, "small.bin"), `${site.url}small.bin`);
    const up = await peakOf("put", file, url);
    expect(await digest(join(site.folder, "large.bin"))).toBe(sha);
    const down = await peakOf("get", url, "back.bin");
    expect(await digest(back)).toBe(sha);
    rmSync(back);
    rmSync(join(site.folder, "large.bin"));
    // Buffers on their way, and what is not collected yet.
    expect(up - least).toBeLessThan(48 * mib);
    expect(down - least).toBeLessThan(48 * mib);
  }, 1_800_000);
});
