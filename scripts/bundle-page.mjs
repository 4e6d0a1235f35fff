// @ts-check
/**
 * Makes what browsers load of the page, from its sources: `packages/page/bundle/`. A file's name has a hash of its content in it, so
 * that it can be kept for ever. Each is compressed; LICENSES.txt has the licences of other people's packages in it.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { licencesOf } from "./licences.mjs";

const folder = fileURLToPath(new URL("../packages/page/", import.meta.url));

/** @param {string} [directory] where it goes */
export async function bundlePage(directory = `${folder}bundle`) {
  const bundle = await rolldown({
    input: { main: `${folder}src/app/main.tsx` },
    platform: "browser",
    resolve: { conditionNames: ["@meanwhile/source", "browser", "import", "default"] },
  });
  const { output } = await bundle.generate({
    format: "esm",
    minify: true,
    entryFileNames: "[name]-[hash].js",
    chunkFileNames: "[name]-[hash].js",
  });
  await bundle.close();
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const modules = [];
  for (const part of output) {
    if (part.type !== "chunk") throw new Error(`${part.fileName} is no module`);
    modules.push(...part.moduleIds);
    write(part.fileName, part.code);
  }
  const style = smaller(readFileSync(`${folder}src/app/style.css`, "utf8"));
  write(`style-${createHash("sha256").update(style).digest("base64url").slice(0, 8)}.css`, style);
  writeFileSync(`${directory}/LICENSES.txt`, licencesOf(modules));

  /** @param {string} name @param {string} text */
  function write(name, text) {
    writeFileSync(`${directory}/${name}.gz`, gzipSync(text, { level: 9 }));
  }
}

/** Without comments and white space that says nothing. @param {string} css */
function smaller(css) {
  return css
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .trim();
}
