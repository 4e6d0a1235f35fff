// @ts-check
import { fileURLToPath } from "node:url";
import { versionOfPackage } from "./peer.mjs";

const program = fileURLToPath(new URL("programs/nephele.mjs", import.meta.url));

/** npm's nephele. @type {import("./peer.mjs").Peer} */
export const nephele = {
  name: "nephele",
  note: "npm, adapter-file-system on Express",
  can: {
    infinity: true,
    depth0: true,
    overwriteF: false,
    conditions: true,
    contentRange: "taken for all",
    deadProperties: "markup",
    locks: "binding",
    sharedLocks: true,
    quota: true,
    // It keeps its own data in a file with a longer name.
    refusedNames: ["n".repeat(255), "\u00e4".repeat(127)],
    hiddenNames: [],
  },
  version: () => versionOfPackage("nephele"),
  command: ({ folder, port }) => ({ program: process.execPath, args: [program, folder, String(port)] }),
};
