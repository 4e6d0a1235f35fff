// @ts-check
/**
 * The frameworks' own tests, with `processing()` before whatever they serve: nothing may fail that does not fail with a
 * middleware that does nothing.
 *
 *   node conformance/frameworks/suites.mjs              all
 *   node conformance/frameworks/suites.mjs koa fastify  these
 *
 * Their sources are cloned from GitHub into a folder for temporary files, once; what is there already is used as it is.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {"empty" | "ordinary" | "operations"} Mode nothing; requests that may become operations; each becomes one
 * @typedef {{ repository: string, tag: string, tests: (folder: string, report: string) => readonly string[],
 *   failures: (report: string) => Found, prepare?: (folder: string) => void }} Suite
 * @typedef {{ passed: number, failed: readonly string[] }} Found
 */

const mount = fileURLToPath(new URL("mount.cjs", import.meta.url));
const mountHono = fileURLToPath(new URL("mount-hono.mjs", import.meta.url));
/** No part of its name begins with a dot: Express serves no such files. */
const root = join(tmpdir(), "meanwhile-frameworks");

/** What is meant to be another. */
const meant = new Set([
  // A final response with an interim status is a 500, for clients would wait on.
  "res .status(code) accept valid ranges should set the response status code to 101",
  "res should set the response status code to 101",
  // Whether or not its client is still there, the answer of an operation is written whole.
  "res .sendFile(path, fn) should invoke the callback when client aborts",
  "res .sendFile(path, fn) should invoke the callback when client already aborted",
  // It listens for the end of a request, and holds it for 100 ms to see whether it takes longer.
  "Abort request - cacheable response path should attach a close listener and send the body for sync Blob responses",
  "Memory leak test Should not have memory leak - GET /",
  "Memory leak test Should not have memory leak - GET /abort",
  // An empty 205 says that it is empty: the connection goes on.
  "should strip content related header fields",
  "should strip content related header fields after status set",
  // An injected response ends a moment later than its handler's, as one on a connection does: two log lines change places.
  "server logs an error if reply.send is called and a value is returned via async/await",
  // These trailers come after the end. Over a connection Fastify 5.9.0 alone loses them, too; injected, they had arrived.
  "send trailers when payload is stream",
  // The plugin that mounts us is a part of the name.
  "set the plugin name based on the plugin displayName symbol",
]);

/** @param {string} tag @returns {Suite} */
const express = (tag) => ({
  repository: "expressjs/express",
  tag,
  tests: (_folder, report) => [
    "node_modules/mocha/bin/mocha.js",
    ...["--require", mount, "--require", "test/support/env", "--check-leaks", "--exit"],
    ...["--reporter", "json", "--reporter-option", `output=${report}`],
    ...["--timeout", "20000", "test/", "test/acceptance/"],
  ],
  failures: mochaReport,
});

/** @type {Readonly<Record<string, Suite>>} */
const suites = {
  "express-5": express("v5.2.1"),
  koa: { repository: "koajs/koa", tag: "v3.2.0", tests: nodeTests("__tests__"), failures: junitReport },
  fastify: { repository: "fastify/fastify", tag: "v5.9.0", tests: nodeTests("test"), failures: junitReport },
  "hono-node-server": {
    repository: "honojs/node-server",
    tag: "v2.0.9",
    prepare: mountInHono,
    tests: (_folder, report) => [
      "node_modules/vitest/vitest.mjs",
      ...["run", "--reporter", "json", "--outputFile", report, "--testTimeout", "20000"],
    ],
    failures: mochaReport,
  },
};

/** What is meant to be another where each request is an operation. */
const meantOfOperations =
  // It goes on when its client leaves, unless `onClientGone` says otherwise.
  /^Abort request should emit an abort event when the nodejs (?:\w+ )?request is aborted/;

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(suites);
for (const name of wanted) {
  const suite = suites[name];
  if (suite === undefined) {
    console.error(`no suite is called ${name}; there are ${Object.keys(suites).join(", ")}`);
    process.exitCode = 2;
  } else if (!compare(name, suite)) process.exitCode = 1;
}

/** @param {string} name @param {Suite} suite */
function compare(name, suite) {
  const folder = fetchSources(name, suite);
  const empty = run(name, folder, suite, "empty");
  console.log(
    `${name} ${suite.tag}: ${empty.passed} passed, ${empty.failed.length} failed with nothing before them`,
  );
  let same = empty.passed > 0;
  for (const mode of /** @type {const} */ (["ordinary", "operations"])) {
    const found = run(name, folder, suite, mode);
    const isMeant = (/** @type {string} */ title) =>
      meant.has(title) || (mode === "operations" && meantOfOperations.test(title));
    const more = found.failed.filter((title) => !empty.failed.includes(title) && !isMeant(title));
    console.log(
      `  ${mode}: ${found.passed} passed, ${found.failed.length} failed, ${more.length} of them only here`,
    );
    for (const title of more) console.log(`    ${title}`);
    same &&= more.length === 0 && found.passed > 0;
  }
  return same;
}

/** @param {string} name @param {Suite} suite */
function fetchSources(name, { repository, tag, prepare }) {
  const folder = join(root, name);
  if (!existsSync(folder)) {
    mkdirSync(root, { recursive: true });
    const url = `https://github.com/${repository}`;
    execFileSync("git", ["clone", "--quiet", "--depth", "1", "--branch", tag, url, folder], {
      stdio: "inherit",
    });
  }
  if (!existsSync(join(folder, "node_modules"))) {
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--legacy-peer-deps"];
    execFileSync("npm", ["install", ...options], { cwd: folder, stdio: "inherit" });
  }
  prepare?.(folder);
  return folder;
}

/** @param {string} name @param {string} folder @param {Suite} suite @param {Mode} mode @returns {Found} */
function run(name, folder, suite, mode) {
  const report = join(root, `${name}-${mode}.report`);
  writeFileSync(report, "");
  const env = { ...process.env, MEANWHILE_MOUNT: mode, NODE_OPTIONS: "" };
  const [program = "", ...args] = suite.tests(folder, report);
  spawnSync(process.execPath, [program, ...args], { cwd: folder, env, stdio: "ignore", timeout: 1_200_000 });
  return suite.failures(readFileSync(report, "utf8"));
}

/** Node's own runner, a file a process. @param {string} under @returns {Suite["tests"]} */
function nodeTests(under) {
  return (folder, report) => [
    ...["--require", mount, "--test", "--test-concurrency=2", "--test-timeout=60000"],
    ...["--test-reporter=junit", `--test-reporter-destination=${report}`],
    ...execFileSync("git", ["ls-files", under], { cwd: folder, encoding: "utf8" })
      .split("\n")
      .filter((file) => /\.test\.m?js$/.test(file)),
  ];
}

/** Of mocha, and of vitest. @param {string} text @returns {Found} */
function mochaReport(text) {
  if (text === "") return { passed: 0, failed: ["all: there is no report"] };
  const { stats, failures, numPassedTests, testResults } = JSON.parse(text);
  if (stats !== undefined) {
    return {
      passed: stats.passes,
      failed: failures.map((/** @type {{ fullTitle: string }} */ test) => test.fullTitle),
    };
  }
  /** @type {{ fullName: string, status: string }[]} */
  const tests = testResults.flatMap(
    (/** @type {{ assertionResults: object[] }} */ file) => file.assertionResults,
  );
  return {
    passed: numPassedTests,
    failed: tests.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
  };
}

/** @param {string} text @returns {Found} */
function junitReport(text) {
  const cases = text.match(/<testcase [^>]*\/>|<testcase [^>]*>[\s\S]*?<\/testcase>/g) ?? [];
  const failed = cases.filter((found) => found.includes("<failure"));
  const skipped = cases.filter((found) => found.includes("<skipped"));
  return {
    passed: cases.length - failed.length - skipped.length,
    failed: failed.map((found) => / name="([^"]*)"/.exec(found)?.[1]?.trim() ?? ""),
  };
}

/** Its tests make servers of many apps: what all of them come through is its listener. @param {string} folder */
function mountInHono(folder) {
  const [listener, setup] = ["src/listener.ts", "test/setup.ts"];
  // Another checkout of ours may have mounted itself.
  execFileSync("git", ["checkout", "--quiet", listener, setup], { cwd: folder });
  /** @param {string} file @param {(source: string) => string} change */
  const rewrite = (file, change) =>
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), "utf8")));
  rewrite(listener, (source) =>
    source.replace(
      /(getRequestListener = \((?:[^=]|=(?!> \{))*=> \{\n)/,
      '$1  fetchCallback = Reflect.get(globalThis, "meanwhileMount")?.(fetchCallback) ?? fetchCallback\n',
    ),
  );
  rewrite(setup, (source) => `import ${JSON.stringify(mountHono)}\n${source}`);
}
