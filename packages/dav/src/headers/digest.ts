/** Digests of content and of representations (RFC 9530). */
import { parseDictionary, serializeDictionary } from "structured-headers";
import { badRequest } from "../error.ts";

/** Algorithms of RFC 9530 §5 that are not broken. */
export type DigestAlgorithm = "sha-256" | "sha-512";

/** The digest of a content by one algorithm: a member of `Repr-Digest` or `Content-Digest`. */
export interface Digest {
  readonly algorithm: DigestAlgorithm;
  readonly bytes: Uint8Array;
}

const algorithms: ReadonlySet<string> = new Set<DigestAlgorithm>(["sha-256", "sha-512"]);

/**
 * `Content-Digest` or `Repr-Digest`. Algorithms that are not known are left out, as RFC 9530 §5 wants.
 * @throws {DavError} 400 where it is no Dictionary, or an empty one, or a known algorithm has no Byte Sequence
 */
export function parseDigests(name: string, value: string | undefined): readonly Digest[] {
  if (value === undefined) return [];
  let members: ReturnType<typeof parseDictionary>;
  try {
    members = parseDictionary(value);
  } catch (cause) {
    throw badRequest(`${name} is malformed`, cause);
  }
  if (members.size === 0) throw badRequest(`${name} is malformed`);
  return [...members].flatMap(([algorithm, [bytes]]) => {
    if (!isAlgorithm(algorithm)) return [];
    if (!(bytes instanceof ArrayBuffer)) throw badRequest(`${name} is malformed`);
    return [{ algorithm, bytes: new Uint8Array(bytes) }];
  });
}

/** A digest as the value of a field. */
export function formatDigest({ algorithm, bytes }: Digest): string {
  return serializeDictionary(new Map([[algorithm, [bytes.slice().buffer, new Map()]]]));
}

/** The algorithm of `Want-Repr-Digest` or `Want-Content-Digest` that is liked best (RFC 9530 §4); undefined where none is known. */
export function wantedDigest(value: string | undefined): DigestAlgorithm | undefined {
  if (value === undefined) return undefined;
  try {
    let best: { readonly algorithm: DigestAlgorithm; readonly weight: number } | undefined;
    for (const [algorithm, [weight]] of parseDictionary(value)) {
      if (!isAlgorithm(algorithm) || typeof weight !== "number" || weight <= 0) continue;
      if (best === undefined || weight > best.weight) best = { algorithm, weight };
    }
    return best?.algorithm;
  } catch {
    // It is a wish.
    return undefined;
  }
}

function isAlgorithm(name: string): name is DigestAlgorithm {
  return algorithms.has(name);
}
