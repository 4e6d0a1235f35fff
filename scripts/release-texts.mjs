// @ts-check
/** What a release writes into CHANGELOG.md and README.md. */

/**
 * Lines of README.md that run or install what is built here, for before the first release the names are not claimed; and
 * what stands there afterwards.
 */
export const installLines = /** @type {const} */ ([
  [
    "npm ci && npm start            # a sample folder, at http://127.0.0.1:8102/\nnpm ci && npm start -- DIR     # your folder",
    "npx meanwhile serve            # a sample folder, at http://127.0.0.1:8102/\nnpx meanwhile serve DIR        # your folder",
  ],
  [
    "npm ci && npm run pack                      # here, until the first release\nnpm install ../meanwhile/tarballs/*.tgz     # in your service",
    "npm install @meanwhile/middleware",
  ],
  ["npm ci && npm run pack && npm install -g ./tarballs/*.tgz", "npm install -g meanwhile"],
]);

/**
 * @param {{ changelog: string, readme: string }} texts
 * @param {{ version: string, day: string, changes: readonly string[] }} release day: as 2026-01-15; changes: the changesets
 * @returns {{ changelog: string, readme: string }}
 * @throws an error where README.md has neither the one nor the other line
 */
export function released({ changelog, readme }, { version, day, changes }) {
  const head = `## ${version} (${day})\n`;
  const lines = changes.map((change) => {
    const text = change.replace(/^---\n.*?\n---\n/s, "").trim();
    return `- ${text.replaceAll("\n", "\n  ")}\n`;
  });
  const waiting = `## ${version} (unreleased)\n`;
  const began = changelog.includes(waiting)
    ? changelog.replace(`${waiting}\n`, () => `${head}\n${lines.join("")}`)
    : changelog.replace(/^# .*\n\n/, (title) => `${title}${head}\n${lines.join("")}\n`);
  const switched = installLines.reduce((text, [before, after]) => {
    if (!text.includes(before) && !text.includes(after))
      throw new Error(`README.md does not have: ${before}`);
    return text.replace(before, () => after);
  }, readme);
  return { changelog: began, readme: switched };
}

/**
 * A package.json that says where the repository is.
 *
 * @template {{ readonly repository: { readonly url: string } }} Manifest
 * @param {Manifest} manifest
 * @param {string} url of the project's page, without a slash at its end
 */
export function withRepository(manifest, url) {
  const page = url.replace(/\/$/, "").replace(/\.git$/, "");
  return {
    ...manifest,
    homepage: `${page}#readme`,
    bugs: { url: `${page}/issues` },
    repository: { ...manifest.repository, url: `git+${page}.git` },
  };
}
