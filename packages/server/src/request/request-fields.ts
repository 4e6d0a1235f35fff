/** The header fields of a request: each is parsed here, and nowhere else behind the edge. */
import type { IncomingHttpHeaders } from "node:http";
import {
  badRequest,
  type Depth,
  type Digest,
  type DigestAlgorithm,
  type IfHeader,
  parseDepth,
  parseDestination,
  parseDigests,
  parseIf,
  parseLockToken,
  parseOverwrite,
  parseTimeout,
  parseUploadComplete,
  parseUploadNumber,
  uploadInteropVersion,
  wantedDigest,
} from "@meanwhile/dav";
import { type Preferences, parsePrefer } from "@meanwhile/interim/fields";
import { type EntityTagList, parseEntityTagList } from "../conditions/entity-tag.ts";
import { type OcChecksum, parseOcChecksums } from "../content/oc-checksum.ts";

/** The conditions of RFC 9110 §13.1; undefined where the request has not that one. */
export interface Preconditions {
  readonly match: EntityTagList | "malformed" | undefined;
  readonly noneMatch: EntityTagList | "malformed" | undefined;
  /** Dates as they came: what they mean depends on the present time (RFC 9110 §5.6.7). */
  readonly unmodifiedSince: string | undefined;
  readonly modifiedSince: string | undefined;
}

/** Where the server is, for fields that name resources by URL. It is the same for all of a request. */
type Mounted = Parameters<typeof parseDestination>[1];

/**
 * The fields of one request. A malformed one fails where its method asks for it, and is of no interest to the others:
 * what throws, throws a {@link DavError} with 400.
 */
export class RequestFields {
  /** As they came: for what takes many of them at once (a fingerprint, a form's parser). Single ones are read below. */
  readonly raw: IncomingHttpHeaders;
  #if: IfHeader | undefined;
  #preconditions: Preconditions | undefined;
  #destination: ReturnType<typeof parseDestination> | undefined;
  #preferences: Preferences | undefined;

  constructor(raw: IncomingHttpHeaders) {
    this.raw = raw;
  }

  /** These fields with others beside them, or in place of them. @param others by their names in lower case */
  with(others: Readonly<Record<string, string>>): RequestFields {
    return new RequestFields({ ...this.raw, ...others });
  }

  /** Those of the fields that are there, to be kept. @param names in lower case */
  kept(names: readonly string[]): Record<string, string> {
    return Object.fromEntries(
      names.flatMap((name) => {
        const value = this.#text(name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  /** `Depth` (RFC 4918 §10.2), see {@link parseDepth}. */
  depth<A extends Depth>(rule: { readonly absent: A; readonly allowed: readonly A[] }): A {
    return parseDepth(this.#text("depth"), rule);
  }

  /**
   * `Depth` of a PROPFIND. `1,noroot` says in Microsoft's clients what RFC 8144 §3 says by `Prefer: depth-noroot`.
   * "Servers MUST support "0" and "1" depth requests and SHOULD support "infinity"" (RFC 4918 §9.1); absent is infinity.
   */
  propfindDepth(): { readonly depth: Depth; readonly noRoot: boolean } {
    const value = this.#text("depth");
    const depth = parseDepth(value?.replace(noRootSuffix, ""), {
      absent: "infinity",
      allowed: ["0", "1", "infinity"],
    });
    return { depth, noRoot: value !== undefined && noRootSuffix.test(value) };
  }

  /** `Overwrite` (RFC 4918 §10.6). */
  get overwrite(): boolean {
    return parseOverwrite(this.#text("overwrite"));
  }

  /** Whether there is a `Destination`, well formed or not. */
  get hasDestination(): boolean {
    return this.raw["destination"] !== undefined;
  }

  /** `Destination` (RFC 4918 §10.3), see {@link parseDestination}. */
  destination(mounted: Mounted): ReturnType<typeof parseDestination> {
    this.#destination ??= parseDestination(this.#text("destination"), mounted);
    return this.#destination;
  }

  /** Whether there is an `If` field (RFC 4918 §10.4), well formed or not. */
  get hasIf(): boolean {
    return this.raw["if"] !== undefined;
  }

  /** `If` (RFC 4918 §10.4). */
  get if(): IfHeader | undefined {
    this.#if ??= parseIf(this.#text("if"));
    return this.#if;
  }

  /**
   * `If-Match`, `If-None-Match`, `If-Unmodified-Since` and `If-Modified-Since` (RFC 9110 §13.1), parsed once. It does not
   * throw: a malformed list of entity tags is told as "malformed".
   */
  get preconditions(): Preconditions {
    const { raw } = this;
    this.#preconditions ??= {
      match: raw["if-match"] === undefined ? undefined : tagsOf(raw["if-match"]),
      noneMatch: raw["if-none-match"] === undefined ? undefined : tagsOf(raw["if-none-match"]),
      unmodifiedSince: raw["if-unmodified-since"],
      modifiedSince: raw["if-modified-since"],
    };
    return this.#preconditions;
  }

  /** `Prefer` (RFC 7240). */
  get preferences(): Preferences {
    this.#preferences ??= parsePrefer(this.raw["prefer"]);
    return this.#preferences;
  }

  /** Whether there is a `Lock-Token`, well formed or not. */
  get hasLockToken(): boolean {
    return this.raw["lock-token"] !== undefined;
  }

  /** `Lock-Token` (RFC 4918 §10.5). */
  get lockToken(): string {
    return parseLockToken(this.#text("lock-token"));
  }

  /** `Timeout` (RFC 4918 §10.7): seconds, Infinity; undefined where the client wishes nothing. */
  get timeoutSeconds(): number | undefined {
    return parseTimeout(this.#text("timeout"));
  }

  /** `Range` (RFC 9110 §14.2): what it selects depends on the content. */
  get range(): string | undefined {
    return this.raw.range;
  }

  /** `If-Range` (RFC 9110 §13.1.5). */
  get ifRange(): string | undefined {
    return this.#text("if-range");
  }

  /** Whether there is a `Content-Range` (RFC 9110 §14.4): a PUT that has one would write a part only (§14.5). */
  get hasContentRange(): boolean {
    return this.raw["content-range"] !== undefined;
  }

  /** Whether the content has a coding (RFC 9110 §8.4). */
  get isCoded(): boolean {
    const coding = this.raw["content-encoding"];
    return coding !== undefined && coding.trim().toLowerCase() !== "identity";
  }

  /** The media type of the content, in lower case and without parameters. */
  get mediaType(): string | undefined {
    return this.raw["content-type"]?.replace(/;.*$/s, "").trim().toLowerCase();
  }

  /** Whether the client waits before it sends content (RFC 9110 §10.1.1). */
  get hasExpect(): boolean {
    return this.raw.expect !== undefined;
  }

  /** The file name's field, see {@link disposedName}. */
  get contentDisposition(): string | undefined {
    return this.#text("content-disposition");
  }

  /** `Content-Digest` (RFC 9530 §2): of this request's content. */
  get contentDigests(): readonly Digest[] {
    return parseDigests("Content-Digest", this.#text("content-digest"));
  }

  /** `Repr-Digest` (RFC 9530 §3): of the whole. */
  get reprDigests(): readonly Digest[] {
    return parseDigests("Repr-Digest", this.#text("repr-digest"));
  }

  /** `Want-Repr-Digest` (RFC 9530 §4): the algorithm that is wanted most, of those that are known. */
  get wantedDigest(): DigestAlgorithm | undefined {
    return wantedDigest(this.#text("want-repr-digest"));
  }

  /** ownCloud's `OC-Checksum`. */
  get ocChecksums(): readonly OcChecksum[] {
    return parseOcChecksums(this.#text("oc-checksum"));
  }

  /** The Finder's `X-Expected-Entity-Length`: it sends chunks, and the length apart. */
  get expectedLength(): number | undefined {
    const value = this.#text("x-expected-entity-length");
    if (value === undefined) return undefined;
    if (!/^\d{1,15}$/.test(value)) throw badRequest("X-Expected-Entity-Length is malformed");
    return Number(value);
  }

  /** ownCloud's `X-OC-Mtime`, there seconds since the epoch, a fraction allowed. */
  get modifiedMs(): number | undefined {
    const value = this.#text("x-oc-mtime");
    if (value === undefined) return undefined;
    if (!/^-?\d{1,12}(\.\d{1,9})?$/.test(value)) throw badRequest("X-OC-Mtime is not a number of seconds");
    return Math.round(Number(value) * 1000);
  }

  /** ownCloud's clients ask for an asynchronous MOVE in words of their own: "true" on desktops, "1" in browsers. */
  get isLazy(): boolean {
    const value = this.raw["oc-lazyops"];
    return value === "true" || value === "1";
  }

  /** `Brief: t` of Microsoft's clients, which means `Prefer: return=minimal` (RFC 8144 §2). */
  get isBrief(): boolean {
    return this.#text("brief")?.trim().toLowerCase() === "t";
  }

  /** Whether there is an `Idempotency-Key`, well formed or not. */
  get hasIdempotencyKey(): boolean {
    return this.raw["idempotency-key"] !== undefined;
  }

  /** Whether the client speaks the version of the draft on resumable uploads that is spoken here. */
  get speaksUploads(): boolean {
    return parseUploadNumber(this.#text("upload-draft-interop-version")) === uploadInteropVersion;
  }

  /** `Upload-Complete`; undefined where the request says nothing. */
  get uploadComplete(): boolean | undefined {
    return parseUploadComplete(this.#text("upload-complete"));
  }

  /** `Upload-Length`: bytes of the whole. */
  get uploadLength(): number | undefined {
    return parseUploadNumber(this.#text("upload-length"));
  }

  /** `Upload-Offset`: bytes that came before. */
  get uploadOffset(): number | undefined {
    return parseUploadNumber(this.#text("upload-offset"));
  }

  /** `Accept` (RFC 9110 §12.5.1): what it prefers depends on what there is. */
  get accept(): string | undefined {
    return this.raw.accept;
  }

  /** Whether the client takes content that is packed by gzip (RFC 9110 §12.5.3). */
  get takesGzip(): boolean {
    return gzipWanted.test(String(this.raw["accept-encoding"] ?? ""));
  }

  /** Whether the client wants an event stream. */
  get wantsEvents(): boolean {
    return this.raw.accept?.includes("text/event-stream") === true;
  }

  /** `Cookie` (RFC 6265 §4.2). */
  get cookie(): string | undefined {
    return this.raw.cookie;
  }

  /** `Origin` (RFC 6454 §7): the page that asks, as its browser says it. */
  get origin(): string | undefined {
    return this.raw.origin;
  }

  /** `Sec-Fetch-Site` (Fetch Metadata): where the page that asks is from, as its browser says it. */
  get fetchSite(): string | undefined {
    return this.#text("sec-fetch-site");
  }

  /** Whether a browser is to show the answer as a document of its own: `Sec-Fetch-Mode: navigate`. */
  get isNavigation(): boolean {
    return this.#text("sec-fetch-mode") === "navigate";
  }

  /** Node joins repeated fields; those that it leaves apart are not ours. */
  #text(name: string): string | undefined {
    const value = this.raw[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }
}

function tagsOf(value: string): EntityTagList | "malformed" {
  return parseEntityTagList(value) ?? "malformed";
}

const gzipWanted = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;
const noRootSuffix = /(?<=[1y])[ \t]*,[ \t]*noroot[ \t]*$/i;
