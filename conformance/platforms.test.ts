/** What is installed on platforms that the tests do not run on. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Locked {
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** npm leaves out the binaries of other platforms when it makes a lock file from an installed node_modules. */
test("package-lock.json holds the binaries of every platform that a dependency has", () => {
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(
    readFileSync("package-lock.json", "utf8"),
  );
  const names = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf("node_modules/"))));
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !names.has(`node_modules/${name}`))
      .map((name) => `${path}: ${name}`),
  );
  expect(missing).toEqual([]);
  expect(names).toContain("node_modules/@lmdb/lmdb-darwin-arm64");
});

/** npm 11 warns of each that it is not told about. */
test("package.json says of every dependency with an install script whether it may run", () => {
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(
    readFileSync("package-lock.json", "utf8"),
  );
  const { allowScripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const scripted = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
  expect(scripted.sort()).toEqual(Object.keys(allowScripts).sort());
});
