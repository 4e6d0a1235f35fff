/** The servers that the client is tried on: our own, and those of others. */
import { createClient, type DavClient } from "@meanwhile/client";
import { test } from "vitest";
import { describeWith, type JudgeName } from "../judge.ts";
import { judgesOf } from "../peers/judges-of.ts";
import type { Abilities, Peer } from "../peers/peer.mjs";
import { startPeer } from "../peers/peer.mjs";
import { peers } from "../peers/peers.mjs";
import { startServer } from "../server.ts";
import { soak } from "../soak.ts";

/** A server at work. */
export interface Site {
  /** With a slash at its end. */
  readonly url: string;
  /** What it serves. */
  readonly folder: string;
  /** Gives all that is in the folder to the server, which may not run as root. */
  own(): void;
  stop(): Promise<void>;
}

export interface SiteKind {
  readonly name: string;
  readonly can: Abilities;
  /** Programs that are not of npm. */
  readonly judges: readonly JudgeName[];
  start(): Promise<Site>;
}

const ours: SiteKind = {
  name: "Meanwhile",
  can: {
    infinity: true,
    depth0: true,
    overwriteF: true,
    conditions: true,
    contentRange: "refused",
    deadProperties: "markup",
    locks: "binding",
    sharedLocks: true,
    quota: true,
    refusedNames: [],
    hiddenNames: [],
  },
  judges: [],
  async start() {
    const server = await startServer({ args: ["--front", "none"] });
    return { url: server.url, folder: server.folder, own: () => undefined, stop: () => server.stop() };
  },
};

/** Ours; in the soak those of others too. */
export const siteKinds: readonly SiteKind[] = [
  ours,
  ...(soak ? peers : []).map(
    (peer): SiteKind => ({
      name: peer.name,
      can: peer.can,
      judges: judgesOf(peer),
      start: () => startPeer(peer.name === "rclone" ? remembering(peer) : peer),
    }),
  ),
];

/** With its folders read once, as rclone does by default: to read them anew for each member takes minutes where there are 10,000. */
function remembering(peer: Peer): Peer {
  return {
    ...peer,
    command(site) {
      const { program, args } = peer.command(site);
      return { program, args: args.map((arg) => (arg === "0s" ? "5m" : arg)) };
    },
  };
}

/** A client for what is on this machine: no proxy of the environment stands between. */
export function connect(url: string | URL, options: Parameters<typeof createClient>[1] = {}): DavClient {
  return createClient(url, { proxy: false, ...options });
}

/** Describes the same tests for each of them; default: for all. */
export function describeSites(
  title: string,
  body: (kind: SiteKind) => void,
  kinds: readonly SiteKind[] = siteKinds,
): void {
  for (const kind of kinds) {
    describeWith(kind.judges, `${title}: ${kind.name}`, () => body(kind));
  }
}

/**
 * A test of what a server can do; where it cannot, it is skipped with the reason.
 *
 * @param ability what it takes, in a few words
 */
export function testIf(able: boolean, ability: string, name: string, body: () => Promise<void>): void {
  const reason = `this server lacks: ${ability}`;
  if (able) test(name, body);
  else test(`${name} [skipped: ${reason}]`, ({ skip }) => skip(reason));
}
