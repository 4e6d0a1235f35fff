/** The table of docs/why/durability.md: what a loss of power leaves of an answered request. */
import { readFileSync } from "node:fs";
import type { Method } from "./cut-client.ts";

export type Promised = "all of it" | "old or new, whole" | "nothing";
export type Promises = Readonly<Record<Method, Promised>>;

const rows = /^\| `(\w+)` \| (\w+(?:, \w+)*) \| ([^|]+) \|/gm;

/** @returns what is promised of each method in a mode of `--durability` */
export function readDurabilityTable(mode: string): Promises {
  const text = readFileSync(new URL("../../docs/why/durability.md", import.meta.url), "utf8");
  const promises: Record<string, string> = {};
  for (const [, found, methods = "", promised = ""] of text.matchAll(rows)) {
    if (found === mode) for (const method of methods.split(", ")) promises[method] = promised.trim();
  }
  return promises as Promises;
}
