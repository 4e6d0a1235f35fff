// @ts-check
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * What the search for a judge found: where its program is and its version, or the reason why the tests cannot use it.
 *
 * @typedef {{ readonly program: string, readonly version: string } | { readonly missing: string }} Found
 */

/**
 * Looks for a judge on this machine. A program counts only where its probe ends as it should, shows a version that is
 * not too low, and the modules are there; an error message is no version.
 *
 * @param {import("./judge-table.mjs").JudgeEntry} entry
 * @param {string} [path] default: PATH of the environment
 * @returns {Found}
 */
export function findJudge(entry, path = process.env["PATH"] ?? "") {
  const [name] = entry.probe;
  const [first, ...others] = programsOf(name, path);
  if (first === undefined) return { missing: `there is no program ${name} in PATH` };
  const found = probe(entry, first, path);
  if ("version" in found || entry.anyOfPath !== true) return found;
  return others.map((program) => probe(entry, program, path)).find((each) => "version" in each) ?? found;
}

/** @param {string} name @param {string} path */
function programsOf(name, path) {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .filter(isProgram);
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * @param {import("./judge-table.mjs").JudgeEntry} entry
 * @param {string} program
 * @param {string} path
 * @returns {Found}
 */
function probe({ probe: [, ...args], says, lowest, exits = 0, files = [] }, program, path) {
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, PATH: path, LC_ALL: "C.UTF-8" },
  });
  const command = [program, ...args].join(" ").split("\n", 1)[0];
  if (error !== undefined) return { missing: `${command}: ${error.message}` };
  const said = `${stdout}\n${stderr}`.trim();
  const line = said.split("\n", 1)[0];
  if (status !== exits) return { missing: `${command} ended with ${status ?? signal}: ${line}` };
  const version = says.exec(said)?.[1];
  if (version === undefined) return { missing: `${command} shows no version that is known: ${line}` };
  if (isBelow(version, lowest)) return { missing: `${program} is ${version}, and the tests need ${lowest}` };
  const absent = files.find((file) => !existsSync(file));
  return absent === undefined ? { program, version } : { missing: `${program} is there without ${absent}` };
}

/** @param {string} version @param {string} lowest */
function isBelow(version, lowest) {
  const [is, least] = [version, lowest].map((text) => text.split(".").map(Number));
  const at = least?.findIndex((number, index) => (is?.[index] ?? 0) !== number) ?? -1;
  return at !== -1 && (is?.[at] ?? 0) < (least?.[at] ?? 0);
}
