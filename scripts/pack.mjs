// @ts-check
/**
 * `npm run pack [FOLDER]`: builds all packages and writes their tarballs to a folder; default tarballs/.
 *
 *   --built  packs what is built already
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { built: { type: "boolean", default: false } },
  allowPositionals: true,
});
const cwd = fileURLToPath(new URL("../", import.meta.url));
const folder = resolve(positionals[0] ?? `${cwd}tarballs`);
const packages = readdirSync(`${cwd}packages`).map((name) => `packages/${name}`);
/** @param {readonly string[]} args */
const npm = (...args) => execFileSync("npm", args, { cwd, stdio: ["ignore", "ignore", "inherit"] });

if (!values.built) npm("run", "build");
for (const name of packages) forgetWithoutSource(`${cwd}${name}`);
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (name.endsWith(".tgz")) rmSync(`${folder}/${name}`);
npm(
  "pack",
  "--loglevel=error",
  `--pack-destination=${folder}`,
  ...packages.map((name) => `--workspace=${name}`),
);
console.log(
  readdirSync(folder)
    .map((name) => `${folder}/${name}`)
    .join("\n"),
);

/** What was built from sources that are gone would be packed, too. @param {string} folder of a package */
function forgetWithoutSource(folder) {
  for (const name of readdirSync(`${folder}/dist`, { recursive: true, encoding: "utf8" })) {
    const [, start] = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(name) ?? [];
    const isLeft =
      start !== undefined && !["ts", "tsx"].some((ending) => existsSync(`${folder}/src/${start}.${ending}`));
    if (isLeft) rmSync(`${folder}/dist/${name}`);
  }
}
