/** Refuses to start where the options would let in, or listen in, somebody whom nobody thought of. */
import { lookup } from "node:dns/promises";
import { failed, wrongUsage } from "../../command-error.ts";
import { isLoopback } from "../../options/network.ts";
import type { ServeOptions } from "../../options/serve-options.ts";

/**
 * @param resolve the addresses that a host name stands for
 * @throws {CommandError} where the server would be open beyond this machine without `--anonymous`, or where nobody could
 *   log in, because passwords would travel unprotected
 */
export async function checkExposure(
  options: ServeOptions,
  resolve: (host: string) => Promise<readonly string[]> = addressesOf,
): Promise<void> {
  const { host } = options.listen;
  const addresses = await resolve(host);
  if (addresses.length > 0 && addresses.every(isLoopback)) return;

  const hasUsers = options.users !== undefined || options.digestUsers !== undefined;
  if (!hasUsers && !options.anonymous) {
    throw wrongUsage(
      `others could reach ${host}: name users with --users or --digest-users, or let everybody in with --anonymous`,
    );
  }
  const protectedByTls =
    options.tls !== undefined ||
    options.baseUrl?.startsWith("https:") === true ||
    options.trustedProxies.length > 0;
  if (options.users !== undefined && options.digestUsers === undefined && !protectedByTls) {
    throw wrongUsage(
      `--users sends passwords in clear to ${host} without TLS: add --tls-cert and --tls-key, or --base-url https://... ` +
        "where a proxy has them, or use --digest-users",
    );
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw failed(`cannot listen on ${host}: no such host`, cause);
  }
}
