/** docs/architecture.md leads to files that are there. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { filesBelow } from "./files.ts";

const page = readFileSync("docs/architecture.md", "utf8");
const named = new Set([...page.matchAll(/`([a-z0-9./-]+\.ts)`/g)].flatMap(([, name]) => name ?? []));
const sources = ["packages", "conformance"].flatMap(filesBelow).filter((path) => path.endsWith(".ts"));

test("the page names files", () => expect(named.size).toBeGreaterThan(30));

test.each([...named])("%s is there, once", (name) => {
  const [first = "", ...rest] = name.split("/");
  const exact = [name, `packages/${name}`, `packages/${first}/src/${rest.join("/")}`];
  const found = sources.filter((path) => exact.includes(path) || path.endsWith(`/src/${name}`));
  const anywhere = sources.filter((path) => path.endsWith(`/${name}`));
  expect(found.length === 1 || anywhere.length === 1, `${found} ${anywhere}`).toBe(true);
});
