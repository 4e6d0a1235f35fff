import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The command, as it was built. */
export const command = fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));

/**
 * Serves the folder "folder" of a place as users do, on a free port.
 *
 * @param {string} place has room for the state, too
 * @param {readonly string[]} options
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 * @throws an error with what it complained of, where it ends
 */
export async function serve(place, options) {
  const args = ["serve", join(place, "folder"), "--listen", "127.0.0.1:0", "--state", join(place, "state")];
  const server = spawn(process.execPath, [command, ...args, ...options, "--log-level", "error"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  server.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  const ended = once(server, "exit");
  const line = await Promise.race([
    once(createInterface({ input: server.stdout }), "line").then(([first]) => String(first)),
    ended.then(([code]) => Promise.reject(new Error(`the server ended with ${code}: ${complaints}`))),
  ]);
  return {
    url: line.slice("listening on ".length),
    async stop() {
      server.kill();
      await ended;
    },
  };
}
