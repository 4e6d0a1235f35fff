// @ts-check
/**
 * Whether tests notice when a package is changed: Stryker makes 300 of its mutants, drawn at random, and runs the
 * package's tests on each. Prints the score and what survived; .soak/mutation/PACKAGE.json has all of it.
 *
 *   node scripts/mutation.mjs PACKAGE [HOW MANY]
 *
 * Stryker is brought by npm into .soak/stryker: nothing else needs its 170 packages. It cannot draw mutants, so it is
 * told to mutate only the ranges of those that were drawn.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./steps.mjs";

const [folder = "dav", wanted = "300"] = process.argv.slice(2);
const stryker = ".soak/stryker";
const version = "9.6.1";
const report = `.soak/mutation/${folder}.json`;

/** @typedef {{ fileName: string, location: { start: Position, end: Position } }} Mutant @typedef {{ line: number, column: number }} Position */

await bringStryker();
const all = await mutantsOf(sourcesIn(`packages/${folder}/src`));
const drawn = draw(all, Number(wanted));
console.log(`${all.length} mutants of packages/${folder}, of which ${drawn.length} are tried`);
mkdirSync(".soak/mutation", { recursive: true });
const settings = `.soak/mutation/${folder}.settings.json`;
writeFileSync(settings, JSON.stringify(settingsFor(drawn), undefined, 2));
const { code, output } = await run(
  [process.execPath, `${stryker}/node_modules/@stryker-mutator/core/bin/stryker.js`, "run", settings],
  { environment: { MEANWHILE_MUTATED: folder } },
);
if (code !== 0) console.log(output);
else tell();
process.exitCode = code;

async function bringStryker() {
  if (existsSync(`${stryker}/node_modules/@stryker-mutator/core`)) return;
  mkdirSync(stryker, { recursive: true });
  writeFileSync(`${stryker}/package.json`, '{ "private": true }\n');
  const packages = ["core", "vitest-runner"].map((name) => `@stryker-mutator/${name}@${version}`);
  // Without its peers: it is to use our vitest.
  const { code, output } = await run([
    "npm",
    "install",
    "--legacy-peer-deps",
    "--prefix",
    stryker,
    ...packages,
  ]);
  if (code !== 0) throw new Error(`npm cannot bring Stryker: ${output}`);
}

/** @param {string} root */
function sourcesIn(root) {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((name) => join(root, name))
    .filter((name) => name.endsWith(".ts") && !/\.test\.ts$|\/testing\/|\/test-|\/testing\.ts$/.test(name))
    .sort();
}

/** @param {readonly string[]} files @returns {Promise<readonly Mutant[]>} */
async function mutantsOf(files) {
  const entry = `${stryker}/node_modules/@stryker-mutator/instrumenter/dist/src/index.js`;
  const { Instrumenter } = await import(pathToFileURL(entry).href);
  const silent = () => undefined;
  const logger = { isDebugEnabled: () => false, debug: silent, info: silent, warn: silent, error: silent };
  const sources = files.map((name) => ({ name, content: readFileSync(name, "utf8"), mutate: true }));
  const options = { ignorers: [], excludedMutations: [], plugins: null };
  return (await new Instrumenter(logger).instrument(sources, options)).mutants;
}

/**
 * Draws mutants until there are enough. Others that lie within the range of one are tried too, and count.
 *
 * @param {readonly Mutant[]} mutants
 * @param {number} count
 */
function draw(mutants, count) {
  const rest = [...mutants];
  /** @type {Mutant[]} */
  const drawn = [];
  while (drawn.length < count && rest.length > 0) {
    const [one] = rest.splice(Math.floor(Math.random() * rest.length), 1);
    if (one === undefined) break;
    const within = rest.filter((other) => isWithin(other, one));
    // A whole function would bring all that is in it.
    if (within.length > 3) continue;
    drawn.push(one, ...within);
    for (const other of within) rest.splice(rest.indexOf(other), 1);
  }
  return drawn;
}

/** @param {Mutant} inner @param {Mutant} outer */
function isWithin(inner, outer) {
  const { start, end } = outer.location;
  return (
    inner.fileName === outer.fileName &&
    !isBefore(inner.location.start, start) &&
    !isBefore(end, inner.location.end)
  );
}

/** @param {Position} one @param {Position} other */
function isBefore(one, other) {
  return one.line < other.line || (one.line === other.line && one.column < other.column);
}

/** @param {readonly Mutant[]} mutants */
function settingsFor(mutants) {
  const ranges = mutants.map(({ fileName, location: { start, end } }) => {
    const at = (/** @type {Position} */ { line, column }) => `${line + 1}:${column}`;
    return `${fileName}:${at(start)}-${at(end)}`;
  });
  return {
    packageManager: "npm",
    plugins: [join(process.cwd(), stryker, "node_modules/@stryker-mutator/vitest-runner/dist/src/index.js")],
    testRunner: "vitest",
    vitest: { configFile: "scripts/vitest.mutation.config.ts", related: false },
    coverageAnalysis: "perTest",
    mutate: ranges,
    concurrency: 2,
    timeoutMS: 20_000,
    reporters: ["json"],
    jsonReporter: { fileName: report },
    tempDirName: ".soak/mutation/sandbox",
    ignorePatterns: ["conformance", "benchmarks", "examples", "docs", "reports", ".soak", "**/dist"],
    checkers: [],
    disableTypeChecks: false,
    allowEmpty: false,
  };
}

function tell() {
  const { files } = JSON.parse(readFileSync(report, "utf8"));
  /** @type {Record<string, number>} */
  const counts = {};
  const survivors = [];
  for (const [name, file] of Object.entries(files)) {
    for (const { status, location, replacement, mutatorName } of file.mutants) {
      counts[status] = (counts[status] ?? 0) + 1;
      if (status !== "Survived" && status !== "NoCoverage") continue;
      const line = file.source.split("\n")[location.start.line - 1]?.trim();
      survivors.push(
        `${status} ${name}:${location.start.line} ${mutatorName}: ${line}  =>  ${replacement ?? ""}`,
      );
    }
  }
  const killed = (counts["Killed"] ?? 0) + (counts["Timeout"] ?? 0);
  const tried = killed + (counts["Survived"] ?? 0) + (counts["NoCoverage"] ?? 0);
  console.log(survivors.join("\n"));
  console.log(
    `${folder}: ${killed} of ${tried} mutants were noticed, ${((100 * killed) / tried).toFixed(1)} %`,
  );
  console.log(JSON.stringify(counts));
}
