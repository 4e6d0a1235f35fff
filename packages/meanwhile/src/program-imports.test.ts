import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** What a module needs at once: types, and what is imported only when it is needed, are no part of that. */
function needs(
  module: URL,
  found = new Map<string, Set<string>>(),
): ReadonlyMap<string, ReadonlySet<string>> {
  if (found.has(module.href)) return found;
  const packages = new Set<string>();
  found.set(module.href, packages);
  const source = readFileSync(module, "utf8");
  for (const [, what = "", from = ""] of source.matchAll(/^(?:import|export) ([^;"]*?)from "([^"]+)";/gms)) {
    const onlyTypes = /^type\b/.test(what) || /^\{(?:\s*type \w+(?: as \w+)?,?)+\s*\}\s*$/.test(what);
    if (onlyTypes) continue;
    if (from.startsWith(".")) needs(new URL(from, module), found);
    else packages.add(from);
  }
  return found;
}

test("help, completion and wrong calls are quick: neither server nor client is loaded for them", () => {
  const found = needs(new URL("program.ts", import.meta.url));
  expect(found.size).toBeGreaterThan(30);
  const packages = new Set([...found.values()].flatMap((names) => [...names]));
  expect([...packages].filter((name) => name.startsWith("node:") === false).sort()).toEqual([
    "@meanwhile/dav",
    "@meanwhile/interim/profiles",
    "commander",
    "ipaddr.js",
  ]);
});
