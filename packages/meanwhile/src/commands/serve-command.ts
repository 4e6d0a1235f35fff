/** `meanwhile serve`: its options, and how long it runs. */
import { fronts } from "@meanwhile/interim/profiles";
import { Command } from "commander";
import { failed } from "../command-error.ts";
import { loadWithLmdb, MissingBinaryError } from "../native-module.ts";
import {
  defaultListen,
  durabilities,
  interimModes,
  logLevels,
  parseServeOptions,
  type TypedServeOptions,
} from "../options/serve-options.ts";
import type { Terminal } from "../terminal.ts";

/** `meanwhile serve [DIR]`: its options, and what it does. */
export function serveCommand(terminal: Terminal): Command {
  return new Command("serve")
    .description("serve a folder over WebDAV")
    .argument("[DIR]", "the folder; without it a sample is served")
    .option("--listen <HOST:PORT>", `where to listen; port 0 picks a free one (default: ${defaultListen})`)
    .option("--state <DIR>", "where properties and locks are kept (default: one directory per folder)")
    .option(
      "--durability <MODE>",
      `what a loss of power leaves of answered requests: ${durabilities.join(", ")} (default: full)`,
    )
    .option(
      "--users <FILE>",
      "users for Basic authentication: an htpasswd file with bcrypt hashes; who may do what is in the file FILE.rights",
    )
    .option("--digest-users <FILE>", "users for Digest authentication: an htdigest file")
    .option("--realm <NAME>", "the realm of both (default: that of the digest users, else Meanwhile)")
    .option("--anonymous", "let everybody in; needed to listen beyond loopback without users")
    .option("--tls-cert <FILE>", "certificate (PEM) for HTTPS with HTTP/2 and HTTP/1.1")
    .option("--tls-key <FILE>", "its key (PEM)")
    .option("--base-url <URL>", "how clients see the server, when a proxy stands in front")
    .option("--trusted-proxy <CIDR>", "whose Forwarded and X-Forwarded-* are believed (repeatable)", collect)
    .option("--front <NAME>", `the proxy in front: ${fronts.join(", ")}`)
    .option("--interim <MODE>", `who gets interim responses: ${interimModes.join(", ")} (default: measured)`)
    .option("--processing-after <T>", "the first 102 Processing comes after this time (default: 20s)")
    .option("--processing-every <T>", "later ones at this interval (default: 15s; for the sample 500ms)")
    .option("--cors <ORIGIN>", "let pages of this origin in; * for any (repeatable)", collect)
    .option("--accept-new-root", "serve the folder although its state belongs to another (after a restore)")
    .option("--read-only", "change nothing")
    .option("--trust-html", "let the scripts of the folder's HTML and SVG run, with their readers' rights")
    .option("--no-page", "show browsers a plain listing of a folder, not the file manager")
    .option(
      "--operations-path <PATH>",
      "where status documents of long requests live (default: /.meanwhile/operations/)",
    )
    .option(
      "--max-operations <N>",
      "changes of one user (of one address, without users) that run or wait at once (default: 100)",
    )
    .option(
      "--drain <T>",
      "how long running requests may take when the server is told to stop (default: 30s)",
    )
    .option(
      "--log-level <LEVEL>",
      `one JSON line a request on standard error: ${logLevels.join(", ")} (default: info)`,
    )
    .addHelpText("after", "\nTimes are 250ms, 20s, 5m, 1h.")
    .action(async (folder: string | undefined, typed: TypedServeOptions) => {
      await serveUntilStopped(folder, typed, terminal);
    });
}

async function serveUntilStopped(
  folder: string | undefined,
  typed: TypedServeOptions,
  terminal: Terminal,
): Promise<void> {
  const options = parseServeOptions(folder, typed);
  // Only now: help, and other commands, need none of what a server needs.
  const { serve } = await loadWithLmdb(() => import("../serve/serve.ts")).catch((error: unknown) => {
    throw error instanceof MissingBinaryError ? failed(error.message, error) : error;
  });
  const stop = stopRequest(terminal);
  try {
    const running = await serve(options, terminal);
    await stop.requested;
    await running.close();
  } finally {
    stop.forget();
  }
}

/** Waits for a first SIGINT or SIGTERM, from before the start on; a second ends the process at once. */
function stopRequest(terminal: Terminal): { readonly requested: Promise<void>; forget(): void } {
  let forget = (): void => {};
  const requested = new Promise<void>((resolve) => {
    let stopping = false;
    forget = terminal.onStop((signal) => {
      if (stopping) terminal.exit(1);
      stopping = true;
      terminal.print(`stopping (${signal}); once more stops at once`);
      resolve();
    });
  });
  return { requested, forget: () => forget() };
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
