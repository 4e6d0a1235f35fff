import type { SecureVersion } from "node:tls";
import type { Timers } from "./waiting.ts";

/** Of TLS; each means what it means in node:tls. */
export interface TlsOptions {
  /** Certificates (PEM) of authorities to trust, instead of the well-known ones. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** The client's own certificate chain and key (PEM). */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly passphrase?: string;
  /** The name to ask for and to expect. Default: the URL's host. */
  readonly servername?: string;
  /** False trusts anybody: for tests. Default: true. */
  readonly rejectUnauthorized?: boolean;
  /** Default: Node's, "TLSv1.2". */
  readonly minVersion?: SecureVersion;
}

/** How a requester reaches the network. */
export interface RequesterOptions {
  /**
   * True: HTTP/2 where an https server speaks it (ALPN), else HTTP/1.1. False: HTTP/1.1. "prior-knowledge": HTTP/2,
   * also without TLS (RFC 9113 §3.3). Default: true.
   */
  readonly http2?: boolean | "prior-knowledge";
  readonly tls?: TlsOptions;
  /** The proxy for all requests; false: none. Default: as the environment says, see `proxyFor`. */
  readonly proxy?: string | URL | false;
  /** Where `http_proxy`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` are looked up. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * How long a connection that nobody uses is kept, in milliseconds; less where the server says so. Default: 15,000.
   */
  readonly idleConnectionMs?: number;
  /**
   * How long `100 Continue` is waited for before the content is sent all the same (RFC 9110 §10.1.1). Default: 1,000.
   */
  readonly continueWaitMs?: number;
  /** The largest head of a response, interim or final, in bytes. Default: 32 KiB. */
  readonly largestHeadBytes?: number;
  readonly timers?: Timers;
}
