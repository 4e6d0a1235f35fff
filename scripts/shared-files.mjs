// @ts-check
/** Run by npm before it packs a package: LICENSE and CHANGELOG.md, which all packages share, are copied into its folder. */
import { copyFileSync } from "node:fs";

for (const name of ["LICENSE", "CHANGELOG.md"]) {
  copyFileSync(new URL(`../${name}`, import.meta.url), name);
}
