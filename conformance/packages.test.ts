/** How the packages hang together: arrows go one way, and what a package imports it has declared. */
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

/** What each package may import of ours. A new arrow is a decision: it belongs here, and into CONTRIBUTING.md. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  "@meanwhile/interim": [],
  "@meanwhile/dav": [],
  "@meanwhile/operations": [],
  "@meanwhile/state-lmdb": [],
  "@meanwhile/journal-lmdb": ["@meanwhile/operations", "@meanwhile/state-lmdb"],
  "@meanwhile/middleware": ["@meanwhile/interim", "@meanwhile/operations"],
  "@meanwhile/server": [
    "@meanwhile/dav",
    "@meanwhile/interim",
    "@meanwhile/operations",
    "@meanwhile/middleware",
  ],
  "@meanwhile/disk": [
    "@meanwhile/dav",
    "@meanwhile/operations",
    "@meanwhile/server",
    "@meanwhile/state-lmdb",
  ],
  "@meanwhile/client": ["@meanwhile/dav", "@meanwhile/interim"],
  "@meanwhile/sync": ["@meanwhile/client", "@meanwhile/dav"],
  "@meanwhile/page": ["@meanwhile/client", "@meanwhile/dav"],
  meanwhile: [
    "@meanwhile/client",
    "@meanwhile/dav",
    "@meanwhile/disk",
    "@meanwhile/interim",
    "@meanwhile/journal-lmdb",
    "@meanwhile/middleware",
    "@meanwhile/operations",
    "@meanwhile/page",
    "@meanwhile/server",
    "@meanwhile/state-lmdb",
    "@meanwhile/sync",
  ],
};

/** What it needs is in its bundle: it is needed to build it, and not by those who install it. */
const bundled: ReadonlySet<string> = new Set(["@meanwhile/page"]);

/** Entries that run where there is no Node, and what they reach. */
const pureEntries = [
  "packages/dav/src",
  "packages/interim/src/fields.ts",
  "packages/client/src/browser.ts",
  "packages/page/src/app",
];

interface PackageFile {
  readonly name: string;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const packages = readdirSync("packages").map((folder) => {
  const file: PackageFile = JSON.parse(readFileSync(join("packages", folder, "package.json"), "utf8"));
  return { folder: join("packages", folder), file };
});

test("every package has its arrows", () => {
  expect(packages.map(({ file }) => file.name).sort()).toEqual(Object.keys(arrows).sort());
});

test.each(packages)("$file.name depends on nothing of ours but what its arrows lead to", ({ file }) => {
  const ours = Object.keys(file.dependencies ?? {}).filter((name) => name in arrows);
  for (const name of ours) expect(arrows[file.name]).toContain(name);
});

test.each(packages)("$file.name imports only what it declares", ({ folder, file }) => {
  const declared = [
    file.name,
    ...Object.keys(file.dependencies ?? {}),
    ...Object.keys(file.peerDependencies ?? {}),
    ...(bundled.has(file.name) ? Object.keys(file.devDependencies ?? {}) : []),
  ];
  const undeclared = sourcesIn(join(folder, "src")).flatMap((source) =>
    importsOf(source)
      .filter((name) => !name.startsWith(".") && !isBuiltin(name) && !declared.includes(packageOf(name)))
      .map((name) => `${source}: ${name}`),
  );
  expect(undeclared).toEqual([]);
});

test("what runs outside Node imports nothing of Node's", () => {
  const reached = new Set<string>();
  for (const entry of pureEntries) {
    for (const source of entry.endsWith(".ts") ? [entry] : sourcesIn(entry)) reach(source, reached);
  }
  const foreign = [...reached].flatMap((source) =>
    importsOf(source)
      .filter((name) => isBuiltin(name))
      .map((name) => `${source}: ${name}`),
  );
  expect(reached.size).toBeGreaterThan(pureEntries.length);
  expect(foreign).toEqual([]);
});

/** What is shipped: neither tests nor what only they use. */
function sourcesIn(folder: string, kind: RegExp = /\.ts$/): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(
      (name) => kind.test(name) && !/\.test\.tsx?$/.test(name) && !/(?:^|\/)test(?:ing)?[-/]/.test(name),
    )
    .map((name) => join(folder, name));
}

/** Type imports are left out: they are gone when it runs. */
function importsOf(source: string): readonly string[] {
  const text = readFileSync(source, "utf8");
  const found = text.matchAll(
    /^(?:import|export)\s+(?!type\b)(?:[^;]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return [...found].map(([, named, dynamic]) => named ?? dynamic ?? "");
}

function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

function reach(source: string, reached: Set<string>): void {
  if (reached.has(source)) return;
  reached.add(source);
  for (const name of importsOf(source)) {
    if (name.startsWith(".")) reach(join(dirname(source), name), reached);
    else if (packageOf(name) in arrows) reach(sourceOf(name), reached);
  }
}

/** The source that an export of ours leads to. */
function sourceOf(name: string): string {
  const owner = packages.find(({ file }) => file.name === packageOf(name));
  if (owner === undefined) throw new Error(`no package has ${name}`);
  const exports: Record<string, { "@meanwhile/source": string }> = JSON.parse(
    readFileSync(join(owner.folder, "package.json"), "utf8"),
  ).exports;
  const subpath = `.${name.slice(owner.file.name.length)}`;
  const target = exports[subpath]?.["@meanwhile/source"] ?? exports["./*"]?.["@meanwhile/source"];
  if (target === undefined) throw new Error(`${owner.file.name} does not export ${subpath}`);
  return join(owner.folder, target.replace("*", subpath.slice(2)));
}

test.each(packages)(
  "no sources of $file.name import each other in a circle, type imports included",
  ({ folder }) => {
    const sources = sourcesIn(join(folder, "src"), /\.tsx?$/);
    const imports = new Map(sources.map((source) => [source, relativeImports(source)]));
    const circular = sources.filter((source) => leadsTo(source, source, imports));
    expect(circular).toEqual([]);
  },
);

/** Type imports too. */
function relativeImports(source: string): readonly string[] {
  const found = readFileSync(source, "utf8").matchAll(/(?:\bfrom\s+|\bimport\(|^import\s+)"(\.[^"]+)"/gm);
  return [...found].map(([, name = ""]) => join(dirname(source), name));
}

function leadsTo(from: string, to: string, imports: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const open = [...(imports.get(from) ?? [])];
  for (let source = open.pop(); source !== undefined; source = open.pop()) {
    if (source === to) return true;
    if (seen.has(source)) continue;
    seen.add(source);
    open.push(...(imports.get(source) ?? []));
  }
  return false;
}

test("every export leads to a source that is there", () => {
  for (const { folder } of packages) {
    const exports: Record<string, string | Record<string, string>> =
      JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).exports ?? {};
    for (const target of Object.values(exports)) {
      const source = typeof target === "string" ? target : target["@meanwhile/source"];
      if (source === undefined || source.includes("*")) continue;
      expect(() => readFileSync(resolve(folder, source)), `${folder} ${source}`).not.toThrow();
    }
  }
});

test("every package has in it what its sources read beside them", () => {
  for (const { folder, file } of packages) {
    for (const source of sourcesIn(join(folder, "src"))) {
      const read = readFileSync(source, "utf8").matchAll(
        /new URL\("((?:\.\.\/)+)([\w.-]+)[^"]*", import\.meta\.url\)/g,
      );
      for (const [, up = "", name = ""] of read) {
        if (resolve(source, "..", up) !== resolve(folder)) continue;
        expect(["package.json", ...(file.files ?? [])], `${file.name} reads ${name}`).toContain(name);
      }
    }
  }
});

/** Where the bytes of a request end, and its fields are read as they came. Behind these they are parsed, in closed types. */
const edges: readonly (readonly [folder: string, raw: RegExp, files: readonly string[]])[] = [
  [
    "packages/server/src",
    /\bheaders\b|rawHeaders|IncomingHttpHeaders/,
    [
      "pipeline.ts",
      "request/authentication.ts",
      "request/connection.ts",
      "request/request-content.ts",
      "request/request-fields.ts",
      "http/allowance.ts",
      "http/cors.ts",
      "http/reply.ts",
      "http/sound-head.ts",
      // What is kept of the request that began an upload, and the request that is made of it again.
      "uploads/upload-record.ts",
      "uploads/kept-uploads.ts",
      "uploads/create-upload.ts",
      "uploads/append-upload.ts",
      // They hand all of them on: to the fingerprint, to the status documents, to the parser of forms.
      "serve/request-key.ts",
      "status/serve-status.ts",
      "forms/form-parts.ts",
    ],
  ],
  [
    "packages/server/src",
    /\.raw\b|\bRequestFields\(/,
    [
      "pipeline.ts",
      "request/request-fields.ts",
      "serve/request-key.ts",
      "status/serve-status.ts",
      "forms/form-parts.ts",
      "forms/serve-form.ts",
      "uploads/append-upload.ts",
    ],
  ],
  [
    "packages/middleware/src",
    /rawHeaders|IncomingHttpHeaders|request\.headers\b/,
    [
      "answers/repetition.ts",
      "detaching/detached-response.ts",
      "handling/enter.ts",
      "request/core.ts",
      "request/processor.ts",
      "request/request-view.ts",
      "status/service.ts",
      "web/web-request.ts",
    ],
  ],
  [
    "packages/interim/src",
    /rawHeaders|IncomingHttpHeaders|request\.headers\b/,
    ["exchange/request-complete.ts", "interim-reading.ts"],
  ],
  // A kept upload has fields of its own.
  ["packages/client/src/dav/content", /headers\.get\(/, ["content-fields.ts", "kept-upload.ts"]],
  [
    "packages/client/src",
    /rawHeaders|IncomingHttpHeaders|message\.headers\b/,
    ["send/connections/send-http1.ts"],
  ],
];

test.each(edges)("the raw fields of messages are read in %s at its edge only: %s", (folder, raw, files) => {
  const reading = sourcesIn(folder)
    .filter((source) => raw.test(code(source)))
    .map((source) => relative(folder, source))
    .sort();
  expect(reading).toEqual([...files].sort());
});

/** Names of Node's own that are no part of its API; those that a stream's author defines are. */
const privateNames =
  /(?:\.|["'])_(?!(?:write|writev|read|final|destroy|construct|transform|flush)\b)[a-z]\w+|^\s+(?:readonly )?_[a-z]\w+\??\s*[:=]|getOwnPropertySymbols|resOnFinish/gm;

/** Not Node's: of Koa's router, of `on-finished`, the .netrc of Windows, of zsh, an argument of commander's. */
const othersNames = new Set([
  "koa.ts",
  "move-response.ts",
  "credentials.ts",
  "zsh-completion.ts",
  "connection-options.ts",
]);

test("what is private to Node is named in one file, whose test is run on each version of it", () => {
  const naming = packages
    .flatMap(({ folder }) => sourcesIn(join(folder, "src")))
    .filter((source) => !othersNames.has(basename(source)) && code(source).match(privateNames))
    .map((source) => `${source}: ${code(source).match(privateNames)}`);
  expect(naming.map((source) => source.split(":")[0])).toEqual(["packages/interim/src/node-private.ts"]);
});

/** A source without its comments. */
function code(source: string): string {
  return readFileSync(source, "utf8").replace(/\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gs, "");
}
