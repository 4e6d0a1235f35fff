// @ts-check
import { fileURLToPath } from "node:url";
import { versionOfPackage } from "./peer.mjs";

const program = fileURLToPath(new URL("programs/webdav-server.mjs", import.meta.url));

/** npm's webdav-server. @type {import("./peer.mjs").Peer} */
export const webdavServer = {
  name: "webdav-server",
  note: "npm, PhysicalFileSystem; If ends its process, COPY of a large tree is not whole",
  can: {
    infinity: false,
    depth0: false,
    overwriteF: false,
    conditions: false,
    contentRange: "taken for all",
    deadProperties: "renamed",
    locks: "advisory",
    sharedLocks: true,
    quota: false,
    refusedNames: ["back\\slash.txt"],
    // It writes them into hrefs as they are.
    hiddenNames: ["hash#fragment.txt", "query?a=b&c=d.txt", "<tag>&amp;]]>.txt"],
  },
  version: () => versionOfPackage("webdav-server"),
  command: ({ folder, port }) => ({ program: process.execPath, args: [program, folder, String(port)] }),
};
