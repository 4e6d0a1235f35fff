// @ts-check
/**
 * `npm run release`: gives all packages their next version, writes CHANGELOG.md and README.md for it, builds, packs, tries
 * the tarballs, publishes them, and makes a commit and a tag. The first release is the version that the packages have.
 *
 *   --dry-run  in a copy of the last commit; publishes nothing, and leaves nothing behind
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { released } from "./release-texts.mjs";

const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false } } });
const dryRun = values["dry-run"];
const repository = fileURLToPath(new URL("../", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "meanwhile-release-"));
const cwd = dryRun ? join(place, "copy") : repository;
/** All packages have the version of this one. */
const meanwhile = "packages/meanwhile/package.json";

/** @param {string} program @param {readonly string[]} args */
const run = (program, ...args) =>
  execFileSync(program, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
/** @param {readonly string[]} args */
const git = (...args) => execFileSync("git", args, { cwd, encoding: "utf8" }).trim();
/** @param {string} name */
const read = (name) => readFileSync(join(cwd, name), "utf8");
/** @param {string} name @param {string} text */
const write = (name, text) => writeFileSync(join(cwd, name), text);

try {
  if (dryRun)
    execFileSync("git", ["clone", "--quiet", "--config=advice.detachedHead=false", repository, cwd], {
      stdio: "inherit",
    });
  else checkRepository();
  run("npm", "ci", "--prefer-offline");
  const version = nextVersion();
  run("npm", "run", "pack", join(place, "tarballs"));
  run("npx", "vitest", "run", "--project", "soak", "conformance/tarballs/");
  publish(version);
  if (dryRun) {
    console.log(`${version} can be released`);
  } else {
    git("add", "--all");
    git("commit", "--quiet", "--message", `release ${version}`);
    git("tag", "--annotate", "--message", version, `v${version}`);
    console.log(`${version} is released; now: git push --follow-tags`);
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}

/** @throws an error where something keeps a release from being what the last commit of main is */
function checkRepository() {
  if (git("status", "--porcelain") !== "")
    throw new Error("there are changes that are not committed; after a release that failed: git restore .");
  if (git("branch", "--show-current") !== "main") throw new Error("releases are made from the branch main");
  const { url } = JSON.parse(read("package.json")).repository;
  if (url.includes(".example/"))
    throw new Error(
      `${url} is nowhere: first say where the repository is, with npm run set-repository -- URL`,
    );
}

/** Takes in the changesets. @returns {string} the version that is to be released */
function nextVersion() {
  const names = readdirSync(join(cwd, ".changeset")).filter(
    (name) => name.endsWith(".md") && name !== "README.md",
  );
  const changes = names.sort().map((name) => read(`.changeset/${name}`));
  if (git("tag", "--list", `v${versionIn("package.json")}`) !== "") {
    if (names.length === 0) throw new Error("there is nothing to release: no changeset");
    run("npx", "changeset", "version");
    const root = JSON.parse(read("package.json"));
    write("package.json", `${JSON.stringify({ ...root, version: versionIn(meanwhile) }, undefined, 2)}\n`);
    run("npm", "install", "--package-lock-only", "--prefer-offline");
  } else {
    for (const name of names) rmSync(join(cwd, ".changeset", name));
  }
  const version = versionIn(meanwhile);
  const day = new Date().toISOString().slice(0, 10);
  const texts = released(
    { changelog: read("CHANGELOG.md"), readme: read("README.md") },
    { version, day, changes },
  );
  write("CHANGELOG.md", texts.changelog);
  write("README.md", texts.readme);
  return version;
}

/** Publishes the tarballs that were tried; those that are there from a release that was interrupted stay. @param {string} version */
function publish(version) {
  for (const name of readdirSync(join(place, "tarballs"))) {
    const tarball = join(place, "tarballs", name);
    const { name: packed } = JSON.parse(
      execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" }),
    );
    if (dryRun) console.log(`would publish ${packed} ${version}: ${name}`);
    else if (spawnSync("npm", ["view", `${packed}@${version}`, "version"]).stdout.length > 0)
      console.log(`${packed} ${version} is there`);
    else run("npm", "publish", tarball, "--access=public");
  }
}

/** @param {string} file */
function versionIn(file) {
  return JSON.parse(read(file)).version;
}
