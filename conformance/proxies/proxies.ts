import { soak } from "../soak.ts";
import { apache } from "./apache.ts";
import { caddy } from "./caddy.ts";
import { haproxy } from "./haproxy.ts";
import { nghttpx } from "./nghttpx.ts";
import { nginx } from "./nginx.ts";
import type { ProxyKind } from "./proxy.ts";
import { squid } from "./squid.ts";

interface Proxy {
  readonly kind: ProxyKind;
  /** How many 102s of one request it was measured to relay. */
  readonly relays: number;
  /** Whether one that it relays extends its timeout. */
  readonly extends: boolean;
  /** What it answers when it gives up. */
  readonly givesUpWith: 502 | 504;
  /** Whether clients may speak HTTP/2 to it; default true. */
  readonly http2?: boolean;
}

const all: readonly Proxy[] = [
  { kind: nginx, relays: 0, extends: false, givesUpWith: 504 },
  { kind: haproxy, relays: 2000, extends: true, givesUpWith: 504 },
  { kind: apache, relays: 9, extends: true, givesUpWith: 502 },
  { kind: caddy, relays: 5, extends: false, givesUpWith: 504 },
  { kind: squid, relays: 200, extends: false, givesUpWith: 504, http2: false },
  { kind: nghttpx, relays: 200, extends: true, givesUpWith: 504 },
];

/** The one that loses most; in the soak all. */
export const proxies: readonly Proxy[] = soak ? all : all.slice(0, 1);
