/** A request, parsed once: what the methods are given. */
import type { ResourcePath } from "@meanwhile/dav";
import type { Exchange } from "@meanwhile/interim";
import type { Origin } from "@meanwhile/operations";
import type { LoginPlace } from "../sessions/form-login.ts";
import type { RequestFields } from "./request-fields.ts";

export interface DavRequest {
  readonly method: string;
  /** As the tree lists it: {@link Tree.listed}. */
  readonly path: ResourcePath;
  /** The same for the Destination header, where the request has one that names a path here. */
  readonly destination?: ResourcePath;
  /** Whether the request target ended in a slash. */
  readonly trailingSlash: boolean;
  readonly fields: RequestFields;
  /** undefined: anonymous. */
  readonly principal: string | undefined;
  /** Where its user may log in by a form, and whether that was done; undefined where it cannot be. */
  readonly login: LoginPlace | undefined;
  /** The client's address and its connection: between them places to work are shared. */
  readonly client: Origin;
  /** How the client sees the server, without a trailing slash: "https://files.example". */
  readonly origin: string;
  /** The path that the tree is mounted at, without a trailing slash: "" or "/dav". */
  readonly prefix: string;
  readonly content: RequestContent;
  /** What it came by. `closed` is aborted when the client is gone, and made when it is first asked for. */
  readonly exchange: Pick<Exchange, "closed">;
}

export interface RequestContent {
  /** In bytes, as declared; undefined where the length is not declared. Zero: no content. */
  readonly length: number | undefined;
  /**
   * All of it where it is here already, as that of short requests is, and nothing was read of it: it was read then.
   * undefined: read it by `stream`.
   * @throws {DavError} 415
   */
  atHand?(): Uint8Array | undefined;
  /** The bytes as they come. Fails when the client breaks off. Read at most once. */
  stream(): AsyncIterable<Uint8Array>;
  /**
   * All of it, decoded as XML says (BOM, then UTF-8).
   * @throws {DavError} 413 beyond `limit` bytes, 400 where it is not text or was broken off
   */
  text(limit: number): Promise<string>;
}

/** The resource's href as it stands in a multistatus: path-absolute (RFC 4918 §8.3). */
export type ToHref = (path: ResourcePath, collection: boolean) => string;
