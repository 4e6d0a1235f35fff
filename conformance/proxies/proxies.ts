import { soak } from "../soak.ts";
import { apache } from "./apache.ts";
import { caddy } from "./caddy.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import type { ProxyKind } from "./proxy.ts";

interface Proxy {
  readonly kind: ProxyKind;
  /** How many 102s of one request it was measured to relay. */
  readonly relays: number;
}

const all: readonly Proxy[] = [
  { kind: nginx, relays: 0 },
  { kind: haproxy, relays: 2000 },
  { kind: apache, relays: 9 },
  { kind: caddy, relays: 5 },
];

/** The one that loses most; in the soak all. */
export const proxies: readonly Proxy[] = soak ? all : all.slice(0, 1);
