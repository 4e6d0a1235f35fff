/** The address to listen on, as it is typed: `127.0.0.1:8102`, `localhost:0`, `[::1]:8102`. */
import { isIPv6 } from "node:net";
import { wrongUsage } from "../command-error.ts";

export interface HostPort {
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})$/;

/** @throws {CommandError} where it is no host with a port */
export function parseHostPort(option: string, value: string): HostPort {
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(value);
  const [, bracketed, plain, digits] = parts ?? [];
  const port = Number(digits);
  if (parts === null || port > 65_535) throw wrongHostPort(option, value);
  if (bracketed !== undefined) {
    if (!isIPv6(bracketed)) throw wrongHostPort(option, value);
    return { host: bracketed, port };
  }
  if (plain === undefined || !hostName.test(plain)) throw wrongHostPort(option, value);
  return { host: plain, port };
}

/** As it stands in a URL: IPv6 in brackets (RFC 3986 §3.2.2), a zone as RFC 6874 writes it. */
export function formatHostPort({ host, port }: HostPort): string {
  return isIPv6(host) ? `[${host.replace("%", "%25")}]:${port}` : `${host}:${port}`;
}

function wrongHostPort(option: string, value: string): Error {
  return wrongUsage(
    `${option} takes HOST:PORT such as 127.0.0.1:8102, [::1]:8102 or 0.0.0.0:8102, not ${JSON.stringify(value)}`,
  );
}
