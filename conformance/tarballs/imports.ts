/** What the files of an installed package import, and what is reached from its entries. */
import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, posix } from "node:path";
import ts from "typescript";
import type { InstalledPackage } from "./installed.ts";

/** Files of which nothing is shipped but what an export or a command leads to. */
const isCode = (name: string) => /\.(?:js|d\.ts)$/.test(name);

/** The files that exports and commands lead to, and those that these import, and so on. */
export function reachedFiles(of: InstalledPackage): ReadonlySet<string> {
  const reached = new Set<string>();
  const go = (name: string) => {
    if (reached.has(name) || !of.files.includes(name)) return;
    reached.add(name);
    if (!isCode(name)) return;
    for (const found of importsOf(of, name).filter((found) => found.startsWith("."))) {
      const target = posix.join(posix.dirname(name), found).replace(/\.ts$/, ".js");
      go(target);
      go(target.replace(/\.js$/, ".d.ts"));
    }
  };
  for (const target of [...targetsOf(of.manifest.exports), ...Object.values(of.manifest.bin ?? {})])
    go(posix.normalize(target));
  return reached;
}

/** Everything that an exports field leads to. */
export function targetsOf(exports: unknown): readonly string[] {
  if (typeof exports === "string") return [exports];
  return Object.values(exports ?? {}).flatMap((inner) => targetsOf(inner));
}

/** Imports of other packages that a strict package manager does not resolve, with the file. */
export function undeclaredImports(of: InstalledPackage, all: readonly InstalledPackage[]): readonly string[] {
  const { name, dependencies, peerDependencies } = of.manifest;
  const declared = [name, ...Object.keys({ ...dependencies, ...peerDependencies })];
  return of.files.filter(isCode).flatMap((file) =>
    importsOf(of, file)
      .filter((found) => !found.startsWith(".") && !isBuiltin(found))
      .filter((found) => !declared.includes(packageOf(found)) || !isExported(found, all))
      .map((found) => `${file}: ${found}`),
  );
}

/** Imports of files that are not in the package, with the file. */
export function missingFiles(of: InstalledPackage): readonly string[] {
  return of.files.filter(isCode).flatMap((file) =>
    importsOf(of, file)
      .filter((found) => found.startsWith("."))
      .filter((found) => {
        const target = posix.join(posix.dirname(file), found).replace(/\/$/, "");
        const typed = file.endsWith(".d.ts") ? target.replace(/\.[jt]s$/, ".d.ts") : target;
        return !of.files.some((name) => name === typed || name.startsWith(`${typed}/`));
      })
      .map((found) => `${file}: ${found}`),
  );
}

function importsOf(of: InstalledPackage, name: string): readonly string[] {
  const text = readFileSync(join(of.folder, name), "utf8");
  const { importedFiles } = ts.preProcessFile(text, true, false);
  // What threads run, and what a bundle loads of what was written for require.
  const beside = text.matchAll(/new URL\(["`](\.[^"`]*)["`], import\.meta\.url\)|\b__require\("([^"]+)"\)/g);
  // See start-thread.ts of state-lmdb; a bundle may give the function another name.
  const threads = text.matchAll(/\bstartThread(?:\$\d+)?\("([\w-]+)", import\.meta\.url/g);
  return [
    ...importedFiles.map(({ fileName }) => fileName),
    ...[...threads].map(([, module]) => `./${module}.js`),
    ...[...beside].map(([, url, required]) => url?.replace(/\$\{.*\}$/, ".js") ?? required ?? ""),
  ];
}

function isExported(found: string, all: readonly InstalledPackage[]): boolean {
  const owner = all.find(({ manifest }) => manifest.name === packageOf(found));
  return owner === undefined || `.${found.slice(owner.manifest.name.length)}` in owner.manifest.exports;
}

function packageOf(found: string): string {
  return found
    .split("/")
    .slice(0, found.startsWith("@") ? 2 : 1)
    .join("/");
}
