import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type ResourcePath, rootPath } from "@meanwhile/dav";
import { expect, test } from "vitest";
import { startChild } from "../testing/crash/child.ts";
import { makeFolder, openTestDisk } from "../testing/disk.ts";
import { listed } from "../testing/listed.ts";

function everythingIn(folder: string): readonly string[] {
  return listed(folder, { recursive: true });
}

test("a process killed in the middle of a PUT leaves the old content, and nothing after the next start", async () => {
  const place = makeFolder();
  writeFileSync(join(place.folder, "old"), "old");
  const child = startChild(
    place,
    `
      const disk = await module.openDisk({ folder, state });
      const draft = await disk.tree.draft("/old", { length: undefined });
      await draft.write(Buffer.from("half of the new content"));
      const other = await disk.tree.draft("/new", { length: undefined });
      await other.write(Buffer.from("half of the new content"));
      say("written");
      freeze();
      `,
  );
  await child.says("written");
  await child.kill();
  expect(everythingIn(place.folder)).toHaveLength(3);
  await openTestDisk(place);
  expect(everythingIn(place.folder)).toEqual(["old"]);
  expect(readFileSync(join(place.folder, "old"), "utf8")).toBe("old");
});

test("a COPY whose process was killed, and that nobody resumes, leaves the destination as before, and nothing else", async () => {
  const place = makeFolder();
  for (const directory of ["source/a", "source/b", "destination"]) {
    await mkdir(join(place.folder, directory), { recursive: true });
  }
  for (let i = 0; i < 50; i += 1) {
    writeFileSync(join(place.folder, `source/a/${i}`), "new");
    writeFileSync(join(place.folder, `source/b/${i}`), "new");
  }
  writeFileSync(join(place.folder, "destination/kept"), "kept");
  const before = everythingIn(place.folder);
  const child = startChild(
    place,
    `
      const disk = await module.openDisk({ folder, state });
      let copied = 0;
      await disk.tree.copy("/source", "/destination", { replace: true, depth: "infinity" }, work({
        done() {
          if (++copied < 70) return;
          say("copied some");
          freeze();
        },
      }));
      `,
  );
  await child.says("copied some");
  await child.kill();
  expect(everythingIn(place.folder).length).toBeGreaterThan(before.length + 60);
  const disk = await openTestDisk(place);
  await disk.tree.recovered?.(new Set());
  expect(everythingIn(place.folder)).toEqual(before);
});

test("a collection that was put aside to be replaced is back after the process is killed", async () => {
  const place = makeFolder();
  await mkdir(join(place.folder, "aside"));
  writeFileSync(join(place.folder, "aside/member"), "kept");
  const child = startChild(
    place,
    `
      const disk = await module.openDisk({ folder, state });
      const draft = await disk.tree.draft("/document", { length: undefined });
      await draft.commit({ modifiedMs: undefined });
      await disk.tree.move("/document", "/aside", { replace: true }, work());
      `,
    `
      import fs from "node:fs";
      import { syncBuiltinESMExports } from "node:module";
      const rename = fs.renameSync;
      fs.renameSync = (from, to) => {
        rename(from, to);
        if (!from.endsWith("/aside")) return;
        fs.writeSync(1, "put aside\\n");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      };
      syncBuiltinESMExports();
      `,
  );
  await child.says("put aside");
  await child.kill();
  expect(readdirSync(place.folder)).not.toContain("aside");
  const disk = await openTestDisk(place);
  await disk.tree.recovered?.(new Set());
  expect(everythingIn(place.folder)).toEqual(["aside", "aside/member", "document"]);
  expect((await disk.tree.lookup("/aside" as ResourcePath))?.kind).toBe("collection");
});

test("a second process is refused while the first lives, and not once it was killed", async () => {
  const place = makeFolder();
  const child = startChild(
    place,
    `await module.openDisk({ folder, state }); say("open"); setInterval(() => {}, 1e6);`,
  );
  await child.says("open");
  await expect(openTestDisk(place)).rejects.toMatchObject({ name: "StateError", code: "in-use" });
  await child.kill();
  const disk = await openTestDisk(place);
  expect((await disk.tree.lookup(rootPath))?.kind).toBe("collection");
});

test("properties that were answered for survive the kill of the process (RFC 4918 §9.2)", async () => {
  const place = makeFolder();
  const child = startChild(
    place,
    `
      const disk = await module.openDisk({ folder, state });
      const property = { name: { namespace: "urn:example", local: "a" }, xml: '<a xmlns="urn:example">kept</a>' };
      await disk.tree.patchProperties("/", [{ action: "set", property }]);
      say("kept");
      freeze();
      `,
  );
  await child.says("kept");
  await child.kill();
  const disk = await openTestDisk(place);
  const [property] = await disk.tree.properties(rootPath);
  expect(property?.xml).toBe('<a xmlns="urn:example">kept</a>');
});
