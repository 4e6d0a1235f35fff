import { writeFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, giveToServer, startForeground } from "../foreground.mjs";
import { snippetOf } from "./snippet.ts";

export interface ProxySite {
  /** For its own files; writable for it. */
  readonly place: string;
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** What it stands in front of: "127.0.0.1:8080". */
  readonly upstream: string;
  /** How long it waits for a silent upstream, in seconds; undefined: as the page has it, or its default. */
  readonly timeoutS: number | undefined;
  /** Whether clients may come with HTTP/2, in clear, without asking first. */
  readonly http2: boolean;
  /** The lines of docs/how-to/proxies.md for it. */
  readonly snippet: string;
}

/** A reverse proxy that we did not write, set up as docs/how-to/proxies.md says. */
export interface ProxyKind {
  /** As `front` and the list of judges have it. */
  readonly name: "apache" | "caddy" | "haproxy" | "nghttpx" | "nginx" | "squid";
  /** The language of its snippet on the page. */
  readonly language: string;
  /** Its whole configuration. */
  readonly configuration: (site: ProxySite) => string;
  /** @param file of the configuration */
  readonly command: (file: string, place: string) => Command;
}

export interface ProxyOptions {
  /** Of the server on 127.0.0.1 that it stands in front of. */
  readonly upstreamPort: number;
  readonly timeoutS?: number;
  /** Default false. */
  readonly http2?: boolean;
  /** Makes other lines of those of the page. */
  readonly change?: (snippet: string) => string;
}

export interface StartedProxy {
  /** With a slash at its end. */
  readonly url: string;
  readonly port: number;
  log(): string;
  /** May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a proxy on a free port of 127.0.0.1.
 *
 * @throws an error with all it printed, where it does not start
 */
export async function startProxy(
  kind: ProxyKind,
  { upstreamPort, timeoutS, http2 = false, change = (same) => same }: ProxyOptions,
): Promise<StartedProxy> {
  const place = await mkdtemp(join(tmpdir(), `meanwhile-${kind.name}-`));
  // It may give up being root.
  await chmod(place, 0o755);
  const file = join(place, "configuration");
  const lines = snippetOf(kind.language);
  const upstream = `127.0.0.1:${upstreamPort}`;
  try {
    const running = await startForeground((port) => {
      const site = { place, port, upstream, timeoutS, http2, snippet: change(lines) };
      writeFileSync(file, kind.configuration(site));
      giveToServer(place);
      return kind.command(file, place);
    }, place);
    return {
      url: `http://127.0.0.1:${running.port}/`,
      port: running.port,
      log: running.log,
      async stop() {
        await running.stop();
        await rm(place, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(place, { recursive: true, force: true });
    throw error;
  }
}
