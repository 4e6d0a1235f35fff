/** The servers that are compared, and the floor. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { apache } from "../conformance/peers/apache.mjs";
import { lighttpd } from "../conformance/peers/lighttpd.mjs";
import { nginx } from "../conformance/peers/nginx.mjs";

export const binary = fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));
const floor = fileURLToPath(new URL("floors/bare-node.mjs", import.meta.url));

/** @typedef {import("../conformance/peers/peer.mjs").Server} Server */

/** This checkout, as `meanwhile serve` starts it. @param {"none" | "full"} durability @returns {Server} */
export function meanwhile(durability) {
  return {
    name: "Meanwhile",
    note: `this checkout, --durability ${durability}`,
    version: () => `Node ${process.versions.node}`,
    command: ({ folder, place, port }) => ({
      program: process.execPath,
      args: [
        ...[binary, "serve", folder, "--listen", `127.0.0.1:${port}`, "--durability", durability],
        ...["--state", join(place, "state"), "--log-level", "error"],
      ],
    }),
  };
}

/** @param {boolean} sync @returns {Server} */
export function bareNode(sync) {
  return {
    name: "bare Node",
    note: `the floor: benchmarks/floors/bare-node.mjs${sync ? " --sync" : ""}`,
    version: () => `Node ${process.versions.node}`,
    command: ({ folder, port }) => ({
      program: process.execPath,
      args: [floor, folder, String(port), ...(sync ? ["--sync"] : [])],
    }),
  };
}

/** @type {readonly Server[]} */
export const others = [apache(), lighttpd, nginx];
