/** The vocabulary of RFC 4918: paths, headers, locks, property names, errors. Pure: no node:* and no I/O. */
export type { Lock, LockDepth, LockScope, LockToken } from "./elements/lock.ts";
export { clarkName, type DeadProperty, type PropertyChange, type PropertyName } from "./elements/property.ts";
export { badRequest, type Condition, DavError, type DavErrorOptions, type Href, locked } from "./error.ts";
export { type Depth, parseDepth } from "./headers/depth.ts";
export { type Destination, type DestinationBase, parseDestination } from "./headers/destination.ts";
export {
  type Digest,
  type DigestAlgorithm,
  formatDigest,
  parseDigests,
  wantedDigest,
} from "./headers/digest.ts";
export {
  type IfCondition,
  type IfHeader,
  type IfList,
  ifHeaderLimits,
  parseIf,
  submittedTokens,
} from "./headers/if-header.ts";
export { codedUrl, isAbsoluteUri, parseLockToken } from "./headers/lock-token.ts";
export { parseOverwrite } from "./headers/overwrite.ts";
export { formatTimeout, parseTimeout } from "./headers/timeout.ts";
export {
  formatUploadComplete,
  formatUploadLimit,
  parseUploadComplete,
  parseUploadLimit,
  parseUploadNumber,
  partialUploadType,
  type UploadLimits,
  uploadInteropVersion,
} from "./headers/upload.ts";
export {
  encodeName,
  encodePath,
  hasTrailingSlash,
  isWithin,
  memberPath,
  nameOf,
  namesOf,
  parentOf,
  parsePath,
  type ResourcePath,
  rebase,
  rootPath,
} from "./path.ts";
