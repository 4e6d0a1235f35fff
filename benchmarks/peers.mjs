/** The servers that are compared. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { apache } from "../conformance/peers/apache.mjs";
import { lighttpd } from "../conformance/peers/lighttpd.mjs";
import { nephele } from "../conformance/peers/nephele.mjs";
import { nginx } from "../conformance/peers/nginx.mjs";
import { webdavServer } from "../conformance/peers/webdav-server.mjs";

const binary = fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));

/** @type {import("../conformance/peers/peer.mjs").Server} */
const meanwhile = {
  name: "Meanwhile",
  note: "this checkout, as `meanwhile serve` starts it",
  version: () => `Node ${process.versions.node}`,
  command: ({ folder, place, port }) => ({
    program: process.execPath,
    args: [
      ...[binary, "serve", folder, "--listen", `127.0.0.1:${port}`],
      ...["--state", join(place, "state"), "--log-level", "error"],
    ],
  }),
};

/** In the order of the tables. */
export const peers = [meanwhile, apache(), lighttpd, nginx, nephele, webdavServer];
