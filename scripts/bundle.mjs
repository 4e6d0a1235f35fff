// @ts-check
/**
 * Makes one bundle of the built command, so that it starts in a third of the time: `packages/meanwhile/bundle/`. What
 * is native stays outside, and each worker thread's module keeps its name beside the main one. Then the page, which the
 * command reads from its own package.
 */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { bundlePage } from "./bundle-page.mjs";
import { licencesOf } from "./licences.mjs";

const packages = fileURLToPath(new URL("../packages/", import.meta.url));
const directory = `${packages}meanwhile/bundle`;

const workers = readdirSync(packages, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => /^[^/]+\/dist\/.*-worker\.js$/.test(name) && !/\/testing\/|\/test-/.test(name));
const entries = workers.map((name) => [basename(name, ".js"), packages + name]);

const bundle = await rolldown({
  input: { main: `${packages}meanwhile/dist/main.js`, ...Object.fromEntries(entries) },
  platform: "node",
  external: ["lmdb", "@meanwhile/page"],
  plugins: [{ name: "types-with-extensions", transform: typesWithExtensions }],
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
  licencesOf(output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : []))),
);

await bundlePage();

/**
 * The command asks mime-types for the types of names alone: of mime-db's 2,500 types it needs the 1,000 that have extensions.
 *
 * @param {string} code @param {string} id
 */
function typesWithExtensions(code, id) {
  if (!id.replaceAll("\\", "/").endsWith("/mime-db/db.json")) return null;
  const types = Object.entries(JSON.parse(code)).filter(([, { extensions }]) => extensions !== undefined);
  return { code: JSON.stringify(Object.fromEntries(types)), map: null };
}
