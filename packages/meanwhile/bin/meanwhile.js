#!/usr/bin/env node
// Committed, because npm links no command whose file is not there yet. The command itself is built from src/.
import { existsSync, readdirSync, statSync } from "node:fs";

const built = new URL("../dist/main.js", import.meta.url);
const bundled = new URL("../bundle/main.js", import.meta.url);
if (existsSync(bundled) && !isStale()) {
  await import(bundled.href);
} else if (existsSync(built)) {
  await import(built.href);
} else {
  console.error("meanwhile: not built yet. Run `npm run build` in the project's folder first.");
  process.exitCode = 1;
}

/** Whether a package was built after the bundle was made. An installed command has no project around it. */
function isStale() {
  if (!existsSync(new URL("../tsconfig.json", import.meta.url))) return false;
  const made = statSync(bundled).mtimeMs;
  const packages = new URL("../../", import.meta.url);
  return readdirSync(packages).some((name) => {
    const build = new URL(`${name}/dist/.tsbuildinfo`, packages);
    return (statSync(build, { throwIfNoEntry: false })?.mtimeMs ?? 0) > made;
  });
}
