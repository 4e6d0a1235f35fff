// @ts-check
/** Other WebDAV servers: what each is, and how one is started on a folder of its own. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { giveToServer, startForeground } from "../foreground.mjs";

/**
 * @typedef {object} Abilities what a peer can do beyond GET with ranges, HEAD, PUT, MKCOL, DELETE, PROPFIND with Depth 0
 *   and 1, COPY and MOVE of documents and collections; peers.test.ts holds each peer to it
 * @property {boolean} infinity PROPFIND with Depth: infinity; else 403
 * @property {boolean} depth0 COPY of a collection with Depth: 0 leaves its members out; else it copies them, too
 * @property {boolean} overwriteF COPY and MOVE with Overwrite: F onto what exists are a 412
 * @property {boolean} conditions GET has an ETag, and PUT keeps to If-Match and If-None-Match
 * @property {"applied" | "refused" | "taken for all"} contentRange what PUT with Content-Range does
 * @property {"markup" | "text" | "renamed" | "none"} deadProperties what PROPPATCH keeps of a value; renamed: it changes
 *   namespaces
 * @property {"binding" | "advisory"} locks LOCK, its refresh without content, and UNLOCK there are; advisory: a write
 *   without the token goes through (and one with it, in If, ends the process)
 * @property {boolean} sharedLocks
 * @property {boolean} quota RFC 4331
 * @property {readonly string[]} refusedNames of those in tree.ts: PUT fails
 * @property {readonly string[]} hiddenNames of those in tree.ts: PROPFIND does not list them, or wrongly
 *
 * @typedef {{ readonly folder: string, readonly place: string, readonly port: number }} Site the folder to serve, one
 *   for all else, and where to listen
 *
 * @typedef {object} Server
 * @property {string} name
 * @property {string} note how it is set up, for people
 * @property {() => string | undefined} version undefined where it is not on this machine
 * @property {(site: Site) => import("../foreground.mjs").Command} command
 *
 * @typedef {Server & { readonly can: Abilities }} Peer
 *
 * @typedef {object} StartedPeer
 * @property {string} url of the served collection, with a slash at its end
 * @property {string} folder what it serves; call {@link StartedPeer.own} after putting something there
 * @property {number} pid
 * @property {() => void} own gives all that is in the folder to the server, which does not run as root
 * @property {() => string} log
 * @property {() => Promise<void>} stop ends it and removes its folder; may be called twice
 */

/**
 * Starts a server on an empty folder and a free port of 127.0.0.1, with access logs off.
 *
 * @param {Server} server
 * @param {{ readonly root?: string }} [options] root: where its folders are made; default: the system's for what is
 *   temporary
 * @returns {Promise<StartedPeer>}
 * @throws an error with all it printed, where it does not start
 */
export async function startPeer({ command }, { root = tmpdir() } = {}) {
  const own = mkdtempSync(join(root, "meanwhile-peer-"));
  const folder = join(own, "folder");
  const place = join(own, "place");
  mkdirSync(folder);
  mkdirSync(place);
  // A server that gives up being root must get in.
  chmodSync(own, 0o755);
  try {
    const server = await startForeground((port) => {
      const started = command({ folder, place, port });
      giveToServer(own);
      return started;
    }, place);
    return {
      folder,
      url: `http://127.0.0.1:${server.port}/`,
      pid: server.pid,
      own: () => giveToServer(folder),
      log: server.log,
      async stop() {
        await server.stop();
        rmSync(own, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Writes a configuration.
 *
 * @param {string} place
 * @param {readonly string[]} lines
 * @returns {string} its path
 */
export function writeConfiguration(place, lines) {
  const file = join(place, "configuration");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

/**
 * What a program says of its version.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RegExp} pattern its first group is the version
 */
export function versionOf(program, args, pattern) {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return pattern.exec(`${stdout}${stderr}`)?.[1];
}

/**
 * The version of a package of npm as it is installed.
 *
 * @param {string} name
 * @returns {string | undefined}
 */
export function versionOfPackage(name) {
  try {
    // Not every package shows its package.json by name.
    let folder = dirname(createRequire(import.meta.url).resolve(name));
    while (dirname(folder) !== folder) {
      try {
        const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        if (about.name === name) return about.version;
      } catch {
        // The package's root is further up.
      }
      folder = dirname(folder);
    }
  } catch {
    // It is not installed.
  }
  return undefined;
}
