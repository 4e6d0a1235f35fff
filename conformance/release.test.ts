/** What a release writes. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { installLines, released, withRepository } from "../scripts/release-texts.mjs";

const readme = installLines.map(([before]) => before).join("\n");
const changes = [
  '---\n"meanwhile": minor\n---\n\nServe faster.\nMuch.\n',
  '---\n"@meanwhile/dav": patch\n---\n\nMend.\n',
];

test("the first release takes what waits for it, and README.md installs from the registry", () => {
  const changelog = "# Changelog\n\n## 0.1.0 (unreleased)\n\n- Serve.\n";
  expect(released({ changelog, readme }, { version: "0.1.0", day: "2026-01-15", changes })).toEqual({
    changelog: "# Changelog\n\n## 0.1.0 (2026-01-15)\n\n- Serve faster.\n  Much.\n- Mend.\n- Serve.\n",
    readme: installLines.map(([, after]) => after).join("\n"),
  });
});

test("a later release has the changesets, and leaves README.md as it is", () => {
  const changelog = "# Changelog\n\n## 0.1.0 (2026-01-15)\n\n- Serve.\n";
  const after = installLines.map(([, line]) => line).join("\n");
  expect(released({ changelog, readme: after }, { version: "0.2.0", day: "2026-02-01", changes })).toEqual({
    changelog:
      "# Changelog\n\n## 0.2.0 (2026-02-01)\n\n- Serve faster.\n  Much.\n- Mend.\n\n## 0.1.0 (2026-01-15)\n\n- Serve.\n",
    readme: after,
  });
});

test("README.md and CHANGELOG.md are as a release expects them", () => {
  const texts = {
    changelog: readFileSync("CHANGELOG.md", "utf8"),
    readme: readFileSync("README.md", "utf8"),
  };
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const { changelog } = released(texts, { version, day: "2026-01-15", changes: [] });
  expect(changelog.startsWith(`# Changelog\n\n## ${version} (2026-01-15)\n`)).toBe(true);
});

test("tarballs are named by paths that npm does not take for repositories of GitHub", () => {
  const paths = installLines.flatMap(([before]) =>
    [...before.matchAll(/\S*tarballs\/\S*/g)].map(([path]) => path),
  );
  expect(paths).toEqual(["../meanwhile/tarballs/*.tgz", "./tarballs/*.tgz"]);
});

test("the packages say where the repository is, and a maintainer sets it for all", () => {
  const folders = readdirSync("packages");
  expect(folders.length).toBeGreaterThan(9);
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(`packages/${folder}/package.json`, "utf8"));
    expect(withRepository(manifest, "https://github.com/owner/name/")).toEqual({
      ...manifest,
      homepage: "https://github.com/owner/name#readme",
      bugs: { url: "https://github.com/owner/name/issues" },
      repository: {
        type: "git",
        url: "git+https://github.com/owner/name.git",
        directory: `packages/${folder}`,
      },
    });
    for (const name of ["homepage", "bugs", "repository"]) expect(Object.keys(manifest)).toContain(name);
  }
});
