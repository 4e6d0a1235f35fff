// @ts-check
import { versionOf } from "./peer.mjs";

/** `rclone serve webdav`, which is golang.org/x/net/webdav. @type {import("./peer.mjs").Peer} */
export const rclone = {
  name: "rclone",
  note: "serve webdav on a local folder, no cache of files, folders read anew",
  can: {
    infinity: true,
    depth0: true,
    overwriteF: true,
    conditions: false,
    contentRange: "taken for all",
    deadProperties: "none",
    locks: "binding",
    sharedLocks: false,
    quota: false,
    refusedNames: [],
    hiddenNames: [],
  },
  version: () => versionOf("rclone", ["version"], /rclone v(\S+)/),
  command: ({ folder, place, port }) => ({
    program: "rclone",
    args: [
      ...["serve", "webdav", folder, "--addr", `127.0.0.1:${port}`, "--config", "/dev/null"],
      ...["--cache-dir", place, "--vfs-cache-mode", "off", "--dir-cache-time", "0s"],
    ],
  }),
};
