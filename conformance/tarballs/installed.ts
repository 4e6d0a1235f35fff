/** The packages' tarballs, and an empty project that they are installed in, as people install them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { installLines } from "../../scripts/release-texts.mjs";
import { runWell } from "../run.ts";

export interface Manifest extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Installed {
  /** Where the project is. */
  readonly project: string;
  readonly packages: readonly InstalledPackage[];
  remove(): void;
}

export interface InstalledPackage {
  /** The path of its tarball. */
  readonly tarball: string;
  readonly folder: string;
  readonly manifest: Manifest;
  /** Its files, by their paths below `folder`. */
  readonly files: readonly string[];
}

/** What the project has beside our packages, in the versions of this repository. */
const others = ["express", "@types/express", "@types/node"];

/**
 * Packs what is built, and installs it. What is not ours comes from npm's cache, or else from the registry.
 * @throws an error with what npm printed, where it fails or warns
 */
export async function installTarballs(): Promise<Installed> {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-tarballs-"));
  const project = join(place, "service");
  mkdirSync(project);
  const packed = join(place, "meanwhile", "tarballs");
  await runWell(process.execPath, ["scripts/pack.mjs", "--built", packed]);
  const tarballs = readdirSync(packed).map((name) => join(packed, name));
  const require = createRequire(import.meta.url);
  const dependencies = Object.fromEntries(
    others.map((name) => [name, readManifest(require.resolve(`${name}/package.json`))["version"]]),
  );
  const manifest = { private: true, type: "module", dependencies };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  const environment = { npm_config_prefer_offline: "true", npm_config_package_lock: "false" };
  const [, [here]] = installLines;
  // The line that README.md tells to type in one's service.
  await runWell("sh", ["-ec", here.split("\n").at(-1) ?? ""], { cwd: project, environment });
  const packages = tarballs.map((tarball) => {
    const folder = join(project, "node_modules", nameIn(tarball));
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll("\\", "/"),
      )
      .filter((name) => !name.startsWith("node_modules/"));
    return { tarball, folder, manifest: readManifest(join(folder, "package.json")), files };
  });
  return { project, packages, remove: () => rmSync(place, { recursive: true, force: true }) };
}

function nameIn(tarball: string): string {
  const [, name = ""] = /^(.*)-\d+\.\d+\.\d+/.exec(basename(tarball)) ?? [];
  return name.replace(/^meanwhile-/, "@meanwhile/");
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8"));
}
