/** Options of `serveFolder`, checked before anything is opened: JavaScript has no types, and JSON has neither. */
import { fronts } from "@meanwhile/interim/profiles";
import type { ServeFolderOptions } from "./serve-folder-options.ts";

type Check = readonly [what: string, isRight: (value: unknown) => boolean];

const text: Check = ["a string that is not empty", (value) => typeof value === "string" && value !== ""];
const callable: Check = ["a function", (value) => typeof value === "function"];
const flag: Check = ["true or false", (value) => typeof value === "boolean"];
const texts: Check = ["an array of strings", (value) => Array.isArray(value) && value.every(isText)];
const members: Check = [
  "an object",
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
];
const milliseconds: Check = [
  "a number of milliseconds from 0",
  (value) => Number(value) >= 0 && isNumber(value),
];
const count: Check = ["a whole number from 1", (value) => Number.isSafeInteger(value) && Number(value) >= 1];
const oneOf = (names: readonly string[]): Check => [
  `one of ${names.map((name) => `"${name}"`).join(", ")}`,
  (value) => isText(value) && names.includes(value),
];

/** Its keys are all options that there are. */
const options: Readonly<Record<keyof ServeFolderOptions, Check>> = {
  folder: text,
  state: text,
  users: text,
  readOnly: flag,
  page: flag,
  trustHtml: flag,
  durability: oneOf(["full", "content", "none"]),
  acceptNewRoot: flag,
  maxOperations: count,
  warn: callable,
  authenticate: callable,
  logins: members,
  access: members,
  baseUrl: text,
  trustedProxy: callable,
  interim: members,
  cors: texts,
  hostName: text,
  log: callable,
  limits: members,
  operationsPath: text,
  now: callable,
};

const interim: Readonly<Record<keyof NonNullable<ServeFolderOptions["interim"]>, Check>> = {
  mode: oneOf(["measured", "asked", "standard"]),
  front: oneOf(fronts),
  afterMs: milliseconds,
  everyMs: milliseconds,
};

const limits: Readonly<Record<keyof NonNullable<ServeFolderOptions["limits"]>, Check>> = {
  xmlBytes: count,
  lockSeconds: count,
  contentBytes: count,
  claimMs: milliseconds,
  infinitePropfind: flag,
  uploads: count,
  keptUploads: count,
  uploadSeconds: count,
};

/** @throws {TypeError} `ERR_INVALID_ARG_VALUE`, which names the option and what it must be */
export function checkFolderOptions(given: ServeFolderOptions): void {
  if (!members[1](given)) throw wrong("serveFolder needs an object with options: { folder, state }");
  for (const name of ["folder", "state"] as const) {
    if (given[name] === undefined) throw wrong(`serveFolder needs the option "${name}", ${text[0]}`);
  }
  check(given, options, "");
  if (given.interim !== undefined) check(given.interim, interim, "interim.");
  if (given.limits !== undefined) check(given.limits, limits, "limits.");
}

function check(given: object, checks: Readonly<Record<string, Check>>, prefix: string): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(checks, name)) {
      throw wrong(
        `serveFolder has no option "${prefix}${name}"; there are ${Object.keys(checks).join(", ")}`,
      );
    }
    const [what, isRight] = checks[name] as Check;
    if (value !== undefined && !isRight(value)) {
      throw wrong(`the option "${prefix}${name}" of serveFolder must be ${what}`);
    }
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && !Number.isNaN(value);
}

function wrong(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_VALUE" });
}
