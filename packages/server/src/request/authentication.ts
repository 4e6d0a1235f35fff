/** Who is asking. The server asks this before it does anything else with a request, OPTIONS excepted. */
import type { IncomingHttpHeaders } from "node:http";

/** What a client sent to log in. */
export interface Credentials {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** The client's address, as seen through trusted proxies. */
  readonly address: string;
  /** Whether the client's connection is protected by TLS, as seen through trusted proxies. */
  readonly secure: boolean;
  /** Whether the client is on this machine, with no proxy between. */
  readonly loopback: boolean;
}

/** Who asks, or how to ask for a login. */
export type Authentication =
  /** `fields` go onto the final response, `Authentication-Info` for instance. */
  | { readonly kind: "known"; readonly principal: string; readonly fields?: Readonly<Record<string, string>> }
  | { readonly kind: "anonymous" }
  /** 401, with these `WWW-Authenticate` values (RFC 9110 §11.6.1). */
  | { readonly kind: "challenge"; readonly challenges: readonly string[] }
  /** 429: too many failures (RFC 6585 §4). */
  | { readonly kind: "throttled"; readonly retryAfterSeconds: number }
  /** 503: too many wait to have their credentials judged; these were not looked at. */
  | { readonly kind: "overloaded"; readonly retryAfterSeconds: number }
  /** No credentials would help, as this request stands; `reason` is for the client to read. */
  | { readonly kind: "refused"; readonly status: 400 | 403; readonly reason: string };

/** Says who asks. */
export type Authenticate = (credentials: Credentials) => Authentication | Promise<Authentication>;

/** Everyone is let in, and nobody is anyone. */
export const anonymous: Authenticate = () => ({ kind: "anonymous" });
