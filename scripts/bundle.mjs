// @ts-check
/**
 * Makes one bundle of the built command, so that it starts in a third of the time: `packages/meanwhile/bundle/`. What
 * is native stays outside, and each worker thread's module keeps its name beside the main one.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const packages = fileURLToPath(new URL("../packages/", import.meta.url));
const directory = `${packages}meanwhile/bundle`;

const workers = readdirSync(packages, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => /^[^/]+\/dist\/.*-worker\.js$/.test(name) && !/\/testing\/|\/test-/.test(name));
const entries = workers.map((name) => [basename(name, ".js"), packages + name]);

const bundle = await rolldown({
  input: { main: `${packages}meanwhile/dist/main.js`, ...Object.fromEntries(entries) },
  platform: "node",
  external: ["lmdb"],
});
rmSync(directory, { recursive: true, force: true });
const { output } = await bundle.write({
  dir: directory,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
});
await bundle.close();
writeFileSync(
  `${directory}/LICENSES.txt`,
  licences(output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : []))),
);

/** The licences of other people's packages that are in the bundle, as they ask for. @param {readonly string[]} modules */
function licences(modules) {
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
