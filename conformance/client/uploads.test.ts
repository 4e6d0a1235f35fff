/** A large upload, cut at random and its server killed: one whole document, and nothing is sent twice that the server had told. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seed } from "../random.ts";
import { soak } from "../soak.ts";
import { type CommandUser, commandUser } from "./command.ts";
import { digestOfFile, randomCuts, type UploadsScene, uploadsScene } from "./uploads-scene.ts";

const megabyte = 1024 * 1024;
/** In the soak all of it; else a small share. */
const size = soak ? 1024 * megabyte : 32 * megabyte;
const cuts = soak ? 20 : 3;
const kills = soak ? 5 : 1;
const timeout = soak ? 900_000 : 120_000;

async function withScene(act: (scene: UploadsScene, ann: CommandUser) => Promise<void>): Promise<void> {
  const scene = await uploadsScene();
  const ann = commandUser();
  try {
    await act(scene, ann);
  } finally {
    ann.leave();
    await scene.leave();
  }
}

/** The last append says only that all is there. */
function expectNothingTwice({ appends }: UploadsScene): void {
  for (const { at, told } of appends) expect(at).toBe(told);
}

test(
  `an upload of ${size / megabyte} MiB is cut ${cuts} times, and its server killed ${kills} times`,
  async () => {
    await withScene(async (scene, ann) => {
      const file = scene.file("large.bin", size, seed);
      scene.proxy.cut(randomCuts(cuts + 4 * kills, size, seed));
      const put = ann.commandWith({ timeoutMs: timeout }, "put", file, `${scene.url}large.bin`);
      for (let kill = 1; kill <= kills; kill += 1) {
        await Promise.race([scene.reached((size * kill) / (kills + 1)), put]);
        await scene.kill();
        await scene.restart();
      }
      const { code, stdout, stderr } = await put;
      expect([code, stderr], `seed ${seed}`).toEqual([0, expect.anything()]);
      expect(stdout).toMatch(/went on (?:\d+ times, the last time )?at/);
      expect(digestOfFile(join(scene.folder, "large.bin"))).toBe(digestOfFile(file));
      expect(scene.proxy.cuts).toBeGreaterThanOrEqual(cuts);
      expectNothingTwice(scene);
      expect(scene.hidden()).toEqual([]);
      process.stdout.write(
        `${size / megabyte} MiB: ${scene.proxy.cuts} cuts, ${kills} kills, ${scene.appends.length} appends, ` +
          `${((scene.passed - size) / megabyte).toFixed(1)} MiB sent more than once\n`,
      );
    });
  },
  timeout,
);

test("a later command goes on with what an earlier one left", {
  timeout,
}, async () => {
  await withScene(async (scene, ann) => {
    const file = scene.file("large.bin", 24 * megabyte, seed);
    // It is killed before it comes back; the server keeps what came.
    scene.proxy.cut([{ afterRequestBytes: 12 * megabyte }]);
    const killedWhen = scene.reached(12 * megabyte);
    await ann.commandWith({ killedWhen }, "put", file, `${scene.url}large.bin`);
    const before = scene.passed;
    expect(scene.hidden()).toHaveLength(1);
    const out = await ann.well("put", file, `${scene.url}large.bin`);
    expect(out).toMatch(/went on (?:\d+ times, the last time )?at/);
    expect(scene.passed - before).toBeLessThan(20 * megabyte);
    expect(digestOfFile(join(scene.folder, "large.bin"))).toBe(digestOfFile(file));
    expectNothingTwice(scene);
    rmSync(join(scene.folder, "large.bin"));
  });
});
