#!/usr/bin/env node
// Committed, because npm links no command whose file is not there yet. The command itself is built from src/.
import { existsSync } from "node:fs";

const build = new URL("../dist/main.js", import.meta.url);
if (existsSync(build)) {
  await import(build.href);
} else {
  console.error("meanwhile: not built yet. Run `npm run build` in the project's folder first.");
  process.exitCode = 1;
}
