/** How much a browser has to load for the page, and from where. */
import { readdirSync, statSync } from "node:fs";
import { browserPage } from "@meanwhile/page";
import { expect, test } from "vitest";

const folder = "packages/page/bundle";
const files = readdirSync(folder).filter((name) => name.endsWith(".gz"));
const sizeOf = (name: string): number => statSync(`${folder}/${name}.gz`).size;
const page = browserPage();

/** A module and all that it imports before it runs. */
function before(name: string, seen = new Set<string>()): Set<string> {
  seen.add(name);
  const code = Buffer.from(page.file(name)?.bytes ?? []).toString();
  for (const [, other = ""] of code.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+)"/g))
    if (!seen.has(other)) before(other, seen);
  return seen;
}

test("at most 40 KB before the first paint, and 100 KB in all, compressed", () => {
  const first = [page.style, ...before(page.script)].reduce((sum, name) => sum + sizeOf(name), 0);
  const all = files.reduce((sum, name) => sum + statSync(`${folder}/${name}`).size, 0);
  expect(first).toBeGreaterThan(5_000);
  expect(first).toBeLessThanOrEqual(40_000);
  expect(all).toBeLessThanOrEqual(100_000);
});

test("nothing is loaded from elsewhere: no file names another site", () => {
  for (const packed of files) {
    const text = Buffer.from(page.file(packed.slice(0, -3))?.bytes ?? []).toString();
    const sites = [...text.matchAll(/\b(?:https?:)?\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi)].map(([site]) => site);
    // Namespaces, which nobody asks.
    expect(sites.filter((site) => !/^http:\/\/(?:www\.w3|sabredav)\.org$/.test(site))).toEqual([]);
  }
});
