/** Files that come with the package. This module lies as deep in src/ as in dist/ and in bundle/. */
import { fileURLToPath } from "node:url";

/** The package's manifest. */
export const manifestFile: URL = new URL("../package.json", import.meta.url);

/** The folder that is served when none is named. */
export const sampleFolder: string = fileURLToPath(new URL("../sample", import.meta.url));
