/** What all methods share: where resources and locks live, and the limits of what they do. */
import type { ResourcePath } from "@meanwhile/dav";
import type { Claims } from "@meanwhile/operations";
import type { WorkQueue } from "@meanwhile/operations/internal";
import type { Access } from "./access.ts";
import type { LockStore } from "./locks/lock-store.ts";
import type { MountedPage } from "./page.ts";
import type { Tree } from "./store.ts";
import type { KeptUploads } from "./uploads/kept-uploads.ts";

/** How large and how many requests may be. */
export interface Limits {
  /** Of an XML request body. */
  readonly xmlBytes: number;
  /** Longest lock that is granted; longer wishes, and Infinite, are clamped to it. */
  readonly lockSeconds: number;
  /** Of a PUT; undefined: what the disk takes. */
  readonly contentBytes: number | undefined;
  /** How long a request waits for others that work on the same resources, before it gets 503. */
  readonly claimMs: number;
  /** Whether PROPFIND may ask for Depth: infinity (else 403 propfind-finite-depth, RFC 4918 §9.1). */
  readonly infinitePropfind: boolean;
  /** Uploads that are received at the same time; one more gets 503. */
  readonly uploads: number;
  /** Uploads that are kept, to be gone on with; of one principal at most a tenth of these. */
  readonly keptUploads: number;
  /** How long an upload is kept after something of it came. */
  readonly uploadSeconds: number;
}

/** The limits that hold where nothing is said. */
export const defaultLimits: Limits = {
  xmlBytes: 1024 * 1024,
  lockSeconds: 24 * 60 * 60,
  contentBytes: undefined,
  claimMs: 2000,
  infinitePropfind: true,
  uploads: 1000,
  keptUploads: 1000,
  uploadSeconds: 24 * 60 * 60,
};

export interface ServerContext {
  readonly tree: Tree;
  readonly locks: LockStore;
  readonly access: Access;
  /** Trees that running operations work on. */
  readonly claims: Claims;
  /** Uploads that are being received. */
  readonly uploads: WorkQueue;
  /** Uploads that may be gone on with; undefined where the store keeps none. */
  readonly keptUploads: KeptUploads | undefined;
  /**
   * Paths that belong to the server and not to the tree: nothing of a tree is ever there. All above one are reserved,
   * too, but for the root.
   */
  readonly isReserved: (path: ResourcePath) => boolean;
  /** Whether scripts in documents run in browsers, with all that their reader may do here. */
  readonly trustHtml: boolean;
  /** What browsers show for a collection, in place of the listing. */
  readonly page: MountedPage | undefined;
  /** The collection in which each principal has a resource; it is reserved. */
  readonly principals: ResourcePath;
  readonly limits: Limits;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
