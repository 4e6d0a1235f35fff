/** What is published works where it is installed: the tarballs of all packages, in a project that has nothing else. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build } from "rolldown";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { run as runProgram, runWell } from "../run.ts";
import { missingFiles, reachedFiles, targetsOf, undeclaredImports } from "./imports.ts";
import { type Installed, type InstalledPackage, installTarballs } from "./installed.ts";

const names = [
  "meanwhile",
  ...packagesOf("client dav disk interim journal-lmdb middleware operations page server state-lmdb sync"),
];

let installed: Installed;
beforeAll(async () => {
  installed = await installTarballs();
});
afterAll(() => installed?.remove());

test("every package is packed", () => {
  expect(installed.packages.map(({ manifest }) => manifest.name).sort()).toEqual([...names].sort());
});

test.each(names)("%s says what it is, and where it comes from", (name) => {
  const { manifest, files } = packageNamed(name);
  expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "CHANGELOG.md"]));
  const root = JSON.parse(readFileSync("package.json", "utf8"));
  expect(manifest).toMatchObject({
    license: root.license,
    homepage: root.homepage,
    bugs: root.bugs,
    engines: root.engines,
    repository: { ...root.repository, directory: expect.stringMatching(/^packages\/[\w-]+$/) },
    keywords: expect.arrayContaining([expect.any(String)]),
  });
  expect(manifest.exports["./package.json"]).toBe("./package.json");
});

test.each(names)("%s has the files that its exports lead to, and no others", (name) => {
  const of = packageNamed(name);
  expect(targetsOf(of.manifest.exports).filter((target) => !existsSync(join(of.folder, target)))).toEqual([]);
  expect(missingFiles(of).filter((found) => !isOnlyInRepository(found))).toEqual([]);
  const reached = reachedFiles(of);
  const built = of.files.filter((file) => /^(?:dist|bundle)\/.*\.js$/.test(file));
  expect(built.filter((file) => !reached.has(file))).toEqual([]);
  // A map of a built file leads to its source.
  const sources = of.files.filter((file) => file.startsWith("src/")).sort();
  expect(sources).toEqual(
    built
      .filter((file) => file.startsWith("dist/"))
      .map((file) => file.replace("dist/", "src/").replace(/\.js$/, ".ts"))
      .sort(),
  );
  const known =
    /^(?:(?:bin|bundle|dist|man|sample|schema|src)\/|(?:README|CHANGELOG)\.md$|LICENSE$|package\.json$)/;
  expect(of.files.filter((file) => !known.test(file) || /\.tsbuildinfo$|\.test\./.test(file))).toEqual([]);
});

test.each(names)("%s imports only what it declares", (name) => {
  expect(undeclaredImports(packageNamed(name), installed.packages)).toEqual([]);
});

test.each(names)("publint has nothing to say about %s", async (name) => {
  const { messages, pkg } = await publint({
    pack: { tarball: tarballOf(name).slice().buffer },
    strict: true,
  });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test.each(names)("the types of %s are not wrong (attw)", async (name) => {
  const result = await checkPackage(createPackageFromTarballData(tarballOf(name)));
  expect(result.types).toMatchObject({ kind: "included" });
  const problems = "problems" in result ? result.problems : [];
  const wrong = problems.filter(
    (problem) =>
      // The resolution of Node 10 knows no exports. All packages are for Node 20.19 and later.
      !("resolutionKind" in problem && problem.resolutionKind === "node10") &&
      // They are ES modules alone: TypeScript says so to CommonJS, where Node 20.19 can require them.
      problem.kind !== "CJSResolvesToESM",
  );
  expect(wrong).toEqual([]);
});

test("npx finds the command, and it serves the sample where no folder is named", async () => {
  const { stdout } = await runWell("npx", ["--no-install", "meanwhile", "--version"], {
    cwd: installed.project,
  });
  expect(stdout.trim()).toBe(packageNamed("meanwhile").manifest["version"]);
  const url = await serveSample();
  const listing = await fetch(url, { method: "PROPFIND", headers: { Depth: "1" } });
  expect(listing.status).toBe(207);
  expect(await listing.text()).toContain("Welcome.md");
  const document = await (await fetch(url)).text();
  const [, script = ""] = / src="([^"]+)"/.exec(document) ?? [];
  expect((await fetch(new URL(script, url))).headers.get("content-type")).toMatch(/^text\/javascript/);
});

test("without LMDB's binary, serve says in one sentence what to do, and other commands work", async () => {
  const binaries = join(installed.project, "node_modules", "@lmdb");
  renameSync(binaries, `${binaries}-away`);
  onTestFinished(() => renameSync(`${binaries}-away`, binaries));
  const run = (...args: readonly string[]) =>
    runProgram("node", ["node_modules/.bin/meanwhile", ...args], { cwd: installed.project });
  const served = await run("serve", "--listen", "127.0.0.1:0", "--state", "state");
  expect(served.code).not.toBe(0);
  expect(served.stderr).toMatch(
    /^meanwhile: the module lmdb has no binary for [^\n]*--include=optional[^\n]*\n$/,
  );
  expect((await run("ls", "--help")).code).toBe(0);
});

test("the client works in Node", async () => {
  const url = await serveSample();
  const program = `
    import { createClient } from "@meanwhile/client";
    const dav = createClient(${JSON.stringify(url)});
    const { created } = await dav.copy("Recipes/", "Copied/").outcome;
    const names = [];
    for await (const { path } of dav.list("Copied/", { depth: "1" })) names.push(path);
    await dav.close();
    console.log(created, names.length);
  `;
  const { stdout } = await runWell(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: installed.project,
  });
  expect(stdout.trim()).toBe("true 2");
});

test("a bundle for browsers has the client for browsers, and nothing of Node's", async () => {
  const program = join(installed.project, "page.js");
  writeFileSync(program, 'import { createClient } from "@meanwhile/client";\nconsole.log(createClient);\n');
  const { output } = await build({ input: program, platform: "browser", write: false, logLevel: "warn" });
  expect(output).toHaveLength(1);
  expect(output[0].imports).toEqual([]);
  expect(output[0].code).toContain("text/event-stream");
  expect(output[0].dynamicImports).toEqual([]);
});

const node = { lib: ["es2023"], types: ["node"] };

test("the programs of the packages' READMEs compile with module nodenext, and what comes out runs", async () => {
  const service = {
    file: "service.ts",
    text: `
      import { createServer } from "node:http";
      import { operationOf, processing } from "@meanwhile/middleware/express";
      import express from "express";
      const app = express();
      app.use(processing());
      app.post("/reports", (_request, response) => {
        operationOf(response).progress(1, 2, "rows");
        response.status(201).json({ made: true });
      });
      const server = createServer(app).listen(0, "127.0.0.1", () => {
        const address = server.address();
        if (address !== null && typeof address === "object") console.log(\`http://127.0.0.1:\${address.port}\`);
      });
    `,
  };
  await compile("nodenext", { ...node, module: "nodenext", outDir: "out" }, [...readmePrograms(), service]);
  const server = spawn(process.execPath, ["nodenext/out/service.js"], { cwd: installed.project });
  const origin = await firstLine(server);
  const response = await fetch(`${origin}/reports`, {
    method: "POST",
    headers: { "Idempotency-Key": '"a"' },
  });
  expect(response.status).toBe(201);
  expect(await response.json()).toEqual({ made: true });
});

test("the programs of the packages' READMEs compile with a bundler's resolution", async () => {
  await compile("bundler", { ...node, module: "esnext", moduleResolution: "bundler" }, readmePrograms());
});

test("in a page the client compiles without Node's types", async () => {
  const text =
    'import { createClient } from "@meanwhile/client";\nexport const dav = createClient("/files/");\n';
  const options = {
    lib: ["es2022", "dom", "dom.iterable"],
    types: [],
    module: "esnext",
    moduleResolution: "bundler",
    customConditions: ["browser"],
  };
  await compile("browser", options, [{ file: "page.ts", text }]);
});

/** Type-checks programs in the project, as strictly as can be. */
async function compile(
  folder: string,
  options: Readonly<Record<string, unknown>>,
  programs: readonly { readonly file: string; readonly text: string }[],
): Promise<void> {
  const place = join(installed.project, folder);
  mkdirSync(place);
  for (const { file, text } of programs) writeFileSync(join(place, file), text);
  const compilerOptions = {
    target: "es2022",
    strict: true,
    skipLibCheck: false,
    noEmit: options["outDir"] === undefined,
    rootDir: ".",
    ...options,
  };
  writeFileSync(
    join(place, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: programs.map(({ file }) => file) }),
  );
  await runWell(process.execPath, ["node_modules/typescript/bin/tsc", "-p", place]);
}

/** Serves the sample with the installed command until the test ends. */
async function serveSample(): Promise<string> {
  const bin = join(installed.project, "node_modules", ".bin", "meanwhile");
  const state = join(installed.project, "state");
  const server = spawn(process.execPath, [bin, "serve", "--listen", "127.0.0.1:0", "--state", state]);
  const line = await firstLine(server);
  return line.slice("listening on ".length);
}

/** @throws an error with what it complained of, where it ends before. It is ended with the test. */
async function firstLine(
  child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
) {
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  return Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([line]) => String(line)),
    ended.then(([code]) => Promise.reject(new Error(`it ended with ${code}: ${complaints}`))),
  ]);
}

function packageNamed(name: string): InstalledPackage {
  const found = installed.packages.find(({ manifest }) => manifest.name === name);
  if (found === undefined) throw new Error(`there is no tarball of ${name}`);
  return found;
}

function tarballOf(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(packageNamed(name).tarball));
}

function packagesOf(folders: string): readonly string[] {
  return folders.split(" ").map((folder) => `@meanwhile/${folder}`);
}

/** Each package's README has one at least. */
function readmePrograms(): readonly { readonly file: string; readonly text: string }[] {
  return installed.packages.flatMap(({ folder, manifest }) => {
    const snippets = [...readFileSync(join(folder, "README.md"), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)];
    expect(snippets.length, manifest.name).toBeGreaterThan(0);
    const start = manifest.name.replace("@meanwhile/", "");
    return snippets.map(([, text = ""], index) => ({ file: `${start}-${index}.ts`, text }));
  });
}

/** The command looks there whether it is stale, in the repository. */
function isOnlyInRepository(found: string): boolean {
  return found.startsWith("bin/meanwhile.js: ../");
}
