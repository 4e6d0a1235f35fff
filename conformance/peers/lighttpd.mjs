// @ts-check
import { serverUser } from "../foreground.mjs";
import { versionOf, writeConfiguration } from "./peer.mjs";

/** lighttpd with mod_webdav. @type {import("./peer.mjs").Peer} */
export const lighttpd = {
  name: "lighttpd",
  note: "mod_webdav with SQLite; its COPY makes hard links",
  can: {
    infinity: true,
    depth0: true,
    overwriteF: true,
    conditions: true,
    contentRange: "refused",
    deadProperties: "text",
    locks: "binding",
    sharedLocks: true,
    quota: false,
    // It writes beside, under a longer name.
    refusedNames: ["n".repeat(255), "\u00e4".repeat(127)],
    hiddenNames: [],
  },
  version: () => versionOf("lighttpd", ["-v"], /lighttpd\/([\d.]+)/),
  command({ folder, place, port }) {
    const file = writeConfiguration(place, [
      'server.modules = ("mod_webdav")',
      `server.document-root = "${folder}"`,
      'server.bind = "127.0.0.1"',
      `server.port = ${port}`,
      `server.upload-dirs = ("${place}")`,
      "server.max-keep-alive-requests = 100000",
      // Without a type it sends no ETag with GET.
      'mimetype.assign = ("" => "application/octet-stream")',
      'webdav.activate = "enable"',
      'webdav.is-readonly = "disable"',
      'webdav.opts = ("propfind-depth-infinity" => "enable")',
      `webdav.sqlite-db-name = "${place}/webdav.db"`,
      ...(serverUser === undefined
        ? []
        : [`server.username = "${serverUser}"`, `server.groupname = "${serverUser}"`]),
    ]);
    return { program: "lighttpd", args: ["-D", "-f", file] };
  },
};
