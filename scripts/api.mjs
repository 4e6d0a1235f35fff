// @ts-check
/**
 * The reference of all packages, made by TypeDoc of what their entries export: `npm run api` writes it as pages into
 * reports/api/. With --check nothing is written. An export without a doc comment, or a link that leads nowhere, fails.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Application } from "typedoc";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const root = fileURLToPath(new URL("../", import.meta.url));
process.chdir(root);

/** What an entry is imported by, by its source. @type {Map<string, string>} */
const entries = new Map();
/** @type {string[]} */
const packages = [];
for (const folder of readdirSync("packages")) {
  const { name, exports } = JSON.parse(readFileSync(`packages/${folder}/package.json`, "utf8"));
  packages.push(name);
  for (const [entry, target] of Object.entries(exports)) {
    if (entry === "./internal") continue;
    const source = target["@meanwhile/source"];
    if (source !== undefined) entries.set(`packages/${folder}/${source.slice(2)}`, name + entry.slice(1));
  }
}

const app = await Application.bootstrap({
  name: "Meanwhile",
  entryPoints: [...entries.keys()],
  tsconfig: "tsconfig.tests.json",
  readme: "none",
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  skipErrorChecking: true,
  requiredToBeDocumented: ["Function", "Class", "Interface", "TypeAlias", "Variable", "Enum"],
  packagesRequiringDocumentation: packages,
  validation: { notExported: false, invalidLink: true, notDocumented: true, rewrittenLink: false },
  treatValidationWarningsAsErrors: true,
  logLevel: "Warn",
});
const project = await app.convert();
if (project === undefined) throw new Error("the sources could not be read");
for (const module of project.children ?? []) {
  // TypeDoc names it by its file, from where all files differ on.
  const entry = [...entries].find(([file]) => file.endsWith(`/${module.name}.ts`));
  if (entry === undefined) throw new Error(`${module.name} is no entry`);
  [, module.name] = entry;
}
app.validate(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
else if (!values.check) {
  await app.generateDocs(project, "reports/api");
  console.log("reports/api/index.html");
}
