/** Networks as they are typed: `10.0.0.0/8`, `fd00::/8`, or one address. */
import ipaddr from "ipaddr.js";
import { wrongUsage } from "../command-error.ts";

/** Whether an address, as sockets give it, lies in the network. */
export type Network = (address: string) => boolean;

/** @throws {CommandError} where it is neither a network nor an address */
export function parseNetwork(option: string, value: string): Network {
  let range: readonly [ipaddr.IPv4 | ipaddr.IPv6, number];
  try {
    if (value.includes("/")) {
      range = ipaddr.parseCIDR(value);
    } else {
      const address = ipaddr.process(value);
      range = [address, address.kind() === "ipv4" ? 32 : 128];
    }
    // ipaddr.js reads old spellings such as "10.1" and "0x7f.1" too; here they are more likely a slip.
    if (range[0].kind() === "ipv4" && !/^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(value) && !value.includes(":")) {
      throw new Error("not four decimal numbers");
    }
  } catch (cause) {
    throw wrongUsage(
      `${option} takes an address or a network such as 10.0.0.0/8 or fd00::/8, not ${JSON.stringify(value)}`,
      cause,
    );
  }
  const [network, bits] = range;
  return (address) => {
    const parsed = parseAddress(address);
    return parsed !== undefined && parsed.kind() === network.kind() && parsed.match(network, bits);
  };
}

/** An address as sockets give it; IPv4 within IPv6 counts as IPv4, a zone is left out. */
export function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const bare = address.replace(/%.*$/s, "");
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined;
}

/** Whether only this machine can reach the address. */
export function isLoopback(address: string): boolean {
  return parseAddress(address)?.range() === "loopback";
}
