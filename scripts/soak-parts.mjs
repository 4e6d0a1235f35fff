// @ts-check
/**
 * The parts of `npm run soak`, each at most forty minutes on two cores that nothing else uses. A part has steps; what a
 * step found is kept, so that a part that was interrupted goes on with the next one.
 *
 * @typedef {{ name: string, vitest: readonly string[], node?: string, alone?: boolean } | { name: string, command: readonly string[] }} Step
 *   vitest: arguments for it, with a version of Node where that is another one than ours
 * @typedef {{ about: string, steps: readonly Step[] }} Part
 */
import { readdirSync, readFileSync } from "node:fs";
import { judgeTable } from "../conformance/judges/judge-table.mjs";

/** All files of tests that only the soak runs, and those that only CI=true runs beside it. */
const late = ["packages", "conformance", "examples"]
  .flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) =>
      `${root}/${name}`.replaceAll("\\", "/"),
    ),
  )
  .filter((name) => /\.(?:soak|ci)\.test\.ts$/.test(name) && !/\/(?:node_modules|dist)\//.test(name))
  .sort();

/** Which part a file of `late` is in: the first whose pattern its path has. */
const places = /** @type {const} */ ([
  [
    "crash",
    /^packages\/(?:disk|journal-lmdb|state-lmdb|operations)\/.*(?:crash|kill|fault|interference|recovery)/,
  ],
  ["crash", /^conformance\/power\//],
  ["kills", /^conformance\/.*kill/],
  ["cuts", /^conformance\/(?:rejoin|client\/cuts|client\/large)/],
  ["peers", /^conformance\/(?:peers|client)\//],
  ["proxies", /^conformance\/.*prox/],
  ["browser", /^conformance\/browser/],
  ["page", /^conformance\/page\//],
  ["programs", /^(?:conformance|examples)\//],
  ["variants", /^packages\//],
]);

/** @param {(typeof places)[number][0]} part @returns {readonly Step[]} */
function filesOf(part) {
  return late
    .filter((file) => places.find(([, pattern]) => pattern.test(file))?.[0] === part)
    .map((file) => ({ name: file, vitest: ["--project", "soak", file] }));
}

/** Tests that draw random input. */
const random = readdirSync("packages", { recursive: true, encoding: "utf8" })
  .map((name) => `packages/${name}`)
  .filter((name) => name.endsWith(".test.ts") && !/\.(?:wire|soak)\.test\.ts$|\/node_modules\//.test(name))
  .filter((name) => readFileSync(name, "utf8").includes('"fast-check"'))
  .sort();

/** Files of `npm test` that do more of the same in the soak. @param {string} file @returns {Step} */
const more = (file) => ({ name: file, vitest: ["--project", "conformance", "--project", "alone", file] });

/** @param {string} node @returns {Part} */
function wireOn(node) {
  const folders = readdirSync("packages").map((name) => `packages/${name}/`);
  return {
    about: `the wire tests on Node ${node}, which npm brings`,
    steps: folders.map((folder) => ({
      name: `${folder} on Node ${node}`,
      vitest: ["--project", "wire", "--passWithNoTests", folder],
      node,
    })),
  };
}

/** @param {string} folder @returns {Part} */
function mutation(folder) {
  return {
    about: `300 sampled mutants of packages/${folder}: does a test notice?`,
    steps: [{ name: `mutants of ${folder}`, command: [process.execPath, "scripts/mutation.mjs", folder] }],
  };
}

/** @param {string} name @returns {Step} */
function benchmark(name) {
  const command = [process.execPath, "--conditions=@meanwhile/built", `benchmarks/${name}.mjs`];
  return { name: `benchmarks/${name}.mjs`, command };
}

/** @type {Readonly<Record<string, Part>>} */
export const parts = {
  crash: {
    about: "processes that end before each of their changes, with and without interference",
    steps: [
      {
        name: "mounted documents",
        vitest: ["--project", "unit", "packages/disk/src/documents/mounted-documents.test.ts"],
      },
      ...filesOf("crash"),
    ],
  },
  variants: {
    about: "the packages' other variants, and random input by the thousand",
    steps: [
      ...random.map((file) => ({ name: file, vitest: ["--project", "unit", file] })),
      {
        name: "100,000 keys",
        vitest: ["--project", "unit", "packages/journal-lmdb/src/journal-lmdb.test.ts"],
      },
      ...filesOf("variants"),
    ],
  },
  kills: {
    about: "hundreds of kills of the shipped command and of the middleware",
    steps: [
      more("conformance/kill.test.ts"),
      more("conformance/middleware-kill.test.ts"),
      ...filesOf("kills"),
    ],
  },
  cuts: {
    about: "connections that are cut, and what is large",
    steps: [more("conformance/client/uploads.test.ts"), ...filesOf("cuts")],
  },
  programs: {
    about: "the client programs of Debian, and hostile input by the hundred",
    steps: [
      more("conformance/hostile/xml.test.ts"),
      more("conformance/hostile/link-swaps.test.ts"),
      ...filesOf("programs"),
    ],
  },
  browser: { about: "Chromium", steps: filesOf("browser") },
  page: { about: "the file manager, in Chromium", steps: filesOf("page") },
  proxies: { about: "nginx, HAProxy, Apache, Caddy, Squid and nghttpx in front", steps: filesOf("proxies") },
  frameworks: {
    about: "the frameworks' own tests, with processing() mounted",
    steps: ["express-5", "koa", "fastify", "hono-node-server"].map((name) => ({
      name: `the tests of ${name}`,
      command: [process.execPath, "conformance/frameworks/suites.mjs", name],
    })),
  },
  peers: {
    about: "the client and the commands on other people's servers",
    steps: [
      ...["commands", "failures", "login", "names", "verbs"].map((name) =>
        more(`conformance/client/${name}.test.ts`),
      ),
      ...filesOf("peers"),
    ],
  },
  "node-20": wireOn("20"),
  "node-22": wireOn("22"),
  "node-24": wireOn("24"),
  "node-26": wireOn("26"),
  judges: {
    about: "`npm test` without any judge, and with each one alone missing",
    steps: ["none", ...Object.keys(judgeTable)].map((name) => ({
      name: name === "none" ? "without any judge" : `without ${name}`,
      command: [process.execPath, "scripts/without-judges.mjs", name],
    })),
  },
  release: {
    about: "a release that publishes nothing",
    steps: [{ name: "npm run release -- --dry-run", command: ["npm", "run", "release", "--", "--dry-run"] }],
  },
  "mutation-dav": mutation("dav"),
  "mutation-operations": mutation("operations"),
  "mutation-interim": mutation("interim"),
  benchmarks: {
    about: "against other servers, clients and middleware",
    steps: ["run", "client", "middleware"].map(benchmark),
  },
};
