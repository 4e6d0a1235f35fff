import { apache } from "./apache.ts";
import { caddy } from "./caddy.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import type { ProxyKind } from "./proxy.ts";

/** Each, and how many 102s of one request it was measured to relay. */
export const proxies: readonly { readonly kind: ProxyKind; readonly relays: number }[] = [
  { kind: nginx, relays: 0 },
  { kind: haproxy, relays: 2000 },
  { kind: apache, relays: 9 },
  { kind: caddy, relays: 5 },
];
