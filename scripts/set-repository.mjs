// @ts-check
/**
 * `npm run set-repository -- URL`: writes where the repository is into every package.json, before the first release:
 * `repository`, `homepage` and `bugs`. URL is that of the project's page, such as https://github.com/owner/name.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withRepository } from "./release-texts.mjs";

const [url = ""] = process.argv.slice(2);
if (!URL.canParse(url) || !url.startsWith("https://")) {
  console.error("say where the repository is: npm run set-repository -- https://github.com/owner/name");
  process.exit(2);
}
const cwd = fileURLToPath(new URL("../", import.meta.url));
for (const folder of [".", ...readdirSync(`${cwd}packages`).map((name) => `packages/${name}`)]) {
  const file = `${cwd}${folder}/package.json`;
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, `${JSON.stringify(withRepository(manifest, url), undefined, 2)}\n`);
}
