import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { browserPage } from "./page.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meanwhile-page-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the files that were built are there by their names, packed and as they are", () => {
  writeFileSync(join(folder, "main-a1.js.gz"), gzipSync("script"));
  writeFileSync(join(folder, "style-b2.css.gz"), gzipSync("style"));
  writeFileSync(join(folder, "LICENSES.txt"), "licences");
  const page = browserPage(folder);
  expect([page.script, page.style]).toEqual(["main-a1.js", "style-b2.css"]);
  const file = page.file("style-b2.css");
  expect(file).toMatchObject({ contentType: "text/css; charset=utf-8", gzip: gzipSync("style") });
  expect(Buffer.from(file?.bytes ?? []).toString()).toBe("style");
  for (const name of ["LICENSES.txt", "main-a1.js.gz", "", "../page.ts", "__proto__"])
    expect(page.file(name)).toBeUndefined();
});

test("what was not built is told when it is asked for", () => {
  const page = browserPage(folder);
  expect(() => page.script).toThrow(/the page was not built/);
});
