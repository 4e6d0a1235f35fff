// @ts-check
/** The licences that a bundle has to bring along. */
import { readdirSync, readFileSync } from "node:fs";

/** The licences of other people's packages that are in the bundle, as they ask for. @param {readonly string[]} modules */
export function licencesOf(modules) {
  const folders = new Set(
    modules.flatMap(
      (path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.replaceAll("\\", "/"))?.[0] ?? [],
    ),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    return `${name}: ${license}\n\n${file === undefined ? "" : readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
