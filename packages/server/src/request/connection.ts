/** How the client reached the server: its address, whether it is protected, and how it names the server. */
import type { IncomingHttpHeaders } from "node:http";
import type { TLSSocket } from "node:tls";
import type { AnyRequest } from "@meanwhile/interim";
import { showsHop } from "@meanwhile/interim/profiles";
import type { Mount } from "../target/mount.ts";

export interface Connection {
  /** The client's address, as seen through trusted proxies; "" where there is none (a Unix socket). */
  readonly address: string;
  readonly secure: boolean;
  /** The client is on this machine, with no proxy between that could be seen. */
  readonly loopback: boolean;
  /** The server's own end is a loopback address: a proxy may stand in front, unseen. */
  readonly localEnd: boolean;
  /** How the client sees the server: scheme and authority, without a trailing slash. */
  readonly origin: string;
  /** The origin is configured, or told by a trusted proxy; else it is what the request itself names. */
  readonly declared: boolean;
  /** What it came by: the socket, or the HTTP/2 session, which many requests share. */
  readonly wire: object;
}

export interface ConnectionOptions {
  /** Its origin, where one is configured, beats everything else. */
  readonly mount: Pick<Mount, "origin">;
  /** Whose Forwarded and X-Forwarded-* are believed. */
  readonly trustedProxy: (address: string) => boolean;
}

/** Reads who connects, and by which origin, once for each request. Forwarding fields count only behind a trusted proxy. */
export function readConnection(request: AnyRequest, { mount, trustedProxy }: ConnectionOptions): Connection {
  const { headers } = request;
  // A stream that was reset has neither.
  const wire = ("stream" in request ? request.stream.session : undefined) ?? request.socket ?? request;
  const { peer, peerIsLoopback, localEnd, encrypted } = ends.get(wire) ?? endsOf(request, wire);
  const trusted = peer !== "" && trustedProxy(peer);
  const seen = trusted ? throughProxies(headers, peer, trustedProxy) : undefined;
  const scheme = seen?.proto ?? (encrypted ? "https" : "http");
  const { origin = `${scheme}://${seen?.host ?? (named(request) || localAuthority(request))}` } = mount;
  return {
    address: seen?.address ?? peer,
    secure: mount.origin?.startsWith("https:") || scheme === "https",
    loopback: seen === undefined && peerIsLoopback && !showsHop(headers),
    localEnd,
    origin,
    declared: mount.origin !== undefined || seen !== undefined,
    wire,
  };
}

/** Both ends of a connection, which are the same for all its requests. */
interface Ends {
  readonly peer: string;
  readonly peerIsLoopback: boolean;
  readonly localEnd: boolean;
  readonly encrypted: boolean;
}

const ends = new WeakMap<object, Ends>();

function endsOf({ socket }: AnyRequest, wire: object): Ends {
  const peer = plainAddress(socket?.remoteAddress);
  const found = {
    peer,
    peerIsLoopback: isLoopback(peer),
    localEnd: isLoopback(plainAddress(socket?.localAddress)),
    encrypted: (socket as TLSSocket | undefined)?.encrypted === true,
  };
  ends.set(wire, found);
  return found;
}

/** The authority that the request itself names. "" where it names none. */
function named({ url = "", headers }: AnyRequest): string {
  // "When an origin server receives a request with an absolute-form of request-target, the origin server MUST ignore the
  // received Host header field (if any) and instead use the host information of the request-target" (RFC 9112 §3.2.2).
  const absolute = url.startsWith("/") ? undefined : /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  return absolute ?? field(headers[":authority"]) ?? headers.host ?? "";
}

interface Seen {
  readonly address: string;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

/** Walks the chain of proxies from the nearest on, as long as they are trusted; undefined where they say nothing. */
function throughProxies(
  headers: IncomingHttpHeaders,
  peer: string,
  trusted: (address: string) => boolean,
): Seen | undefined {
  const hops = headers.forwarded === undefined ? xForwarded(headers) : forwarded(headers.forwarded);
  if (hops.length === 0) return undefined;
  let seen: Seen = { address: peer, proto: undefined, host: undefined };
  for (const hop of hops.reverse()) {
    seen = {
      address: hop.address === "" ? seen.address : hop.address,
      proto: hop.proto ?? seen.proto,
      host: hop.host ?? seen.host,
    };
    // Where a proxy does not say for whom it spoke, what came before it may be anybody's invention.
    if (hop.address === "" || !trusted(seen.address)) break;
  }
  return seen;
}

/** RFC 7239 §4, one element a proxy, the nearest last. */
function forwarded(value: string): Seen[] {
  return splitOutsideQuotes(value, ",").map((element) => {
    const pairs = new Map<string, string>();
    for (const pair of splitOutsideQuotes(element, ";")) {
      const equals = pair.indexOf("=");
      if (equals > 0)
        pairs.set(pair.slice(0, equals).trim().toLowerCase(), unquote(pair.slice(equals + 1).trim()));
    }
    return {
      address: plainAddress(pairs.get("for")),
      proto: knownScheme(pairs.get("proto")),
      host: knownHost(pairs.get("host")),
    };
  });
}

function xForwarded(headers: IncomingHttpHeaders): Seen[] {
  const list = (name: string): string[] => (field(headers[name]) ?? "").split(",").map((item) => item.trim());
  const addresses = list("x-forwarded-for");
  const protos = list("x-forwarded-proto");
  const hosts = list("x-forwarded-host");
  const length = Math.max(addresses.length, protos.length, hosts.length);
  const at = (items: string[], index: number): string | undefined => items[index - length + items.length];
  const hops = Array.from({ length }, (_, index) => ({
    address: plainAddress(at(addresses, index)),
    proto: knownScheme(at(protos, index)),
    host: knownHost(at(hosts, index)),
  }));
  return hops.filter(
    ({ address, proto, host }) => address !== "" || proto !== undefined || host !== undefined,
  );
}

function knownScheme(value: string | undefined): string | undefined {
  const scheme = value?.toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}

function knownHost(value: string | undefined): string | undefined {
  return value !== undefined && /^[A-Za-z0-9.:[\]_-]{1,255}$/.test(value) ? value : undefined;
}

/** Without brackets, port, zone, or the prefix of IPv4 addresses mapped into IPv6. */
export function plainAddress(value: string | undefined): string {
  if (value === undefined) return "";
  let address = value.trim();
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(address);
  if (bracketed) address = bracketed[1] ?? "";
  else if (/^\d+\.\d+\.\d+\.\d+:\d+$/.test(address)) address = address.slice(0, address.indexOf(":"));
  return address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
}

function isLoopback(address: string): boolean {
  return address === "" || address === "::1" || address.startsWith("127.");
}

function localAuthority({ socket }: AnyRequest): string {
  const address = plainAddress(socket?.localAddress);
  const host = address.includes(":") ? `[${address}]` : address || "localhost";
  return `${host}:${socket?.localPort ?? 80}`;
}

function field(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}

function unquote(value: string): string {
  return value.startsWith('"') && value.endsWith('"') && value.length > 1
    ? value.slice(1, -1).replace(/\\(.)/g, "$1")
    : value;
}

function splitOutsideQuotes(value: string, separator: "," | ";"): string[] {
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let index = 0; index < value.length; index += 1) {
    const character = value[index];
    if (quoted && character === "\\") index += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(value.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, value.slice(start)];
}
