// @ts-check
/** Says that the first build takes a while, so that nobody waits in silence. */
import { existsSync } from "node:fs";

const bundle = new URL("../packages/meanwhile/bundle/", import.meta.url);
if (!existsSync(bundle)) console.error("building, the first time only (20 s, on a busy machine a minute)");
