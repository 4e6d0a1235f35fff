/** Links between the pages lead somewhere. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { filesBelow } from "./files.ts";

const pages = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md"],
  ...filesBelow("docs").filter((name) => name.endsWith(".md")),
];

test.each(pages)("the links of %s", (page) => {
  const text = readFileSync(page, "utf8").replace(/```[\s\S]*?```/g, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => link ?? []);
  const broken = links.filter((link) => !/^https?:/.test(link) && !leads(page, link));
  expect(broken).toEqual([]);
});

function leads(page: string, link: string): boolean {
  const [path = "", fragment] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(target)) return false;
  if (fragment === undefined) return true;
  const heads = [...readFileSync(target, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, head = ""]) => head);
  return heads.some((head) => slug(head) === fragment);
}

/** The fragment by which a heading is known. */
function slug(heading: string): string {
  const plain = heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "");
  return plain.trim().replaceAll(" ", "-");
}
