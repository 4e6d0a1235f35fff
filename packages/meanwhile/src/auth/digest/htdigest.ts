/** The users of Digest authentication: an htdigest file, with SHA-256 as a second kind of hash. */
import { LineError, textLines } from "../../options/text-lines.ts";
import { isRealm } from "../realm.ts";

/** The algorithms of RFC 7616 §6.1 that are offered, best first. */
export const digestAlgorithms = ["SHA-256", "MD5"] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

export interface Htdigest {
  readonly realm: string;
  /** Those that every user has a hash for, best first. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** By name, in Unicode's composed form (NFC): a user's H(A1) by algorithm: H(name:realm:password), in lower-case hex (RFC 7616 §3.4.2). */
  readonly users: ReadonlyMap<string, Readonly<Partial<Record<DigestAlgorithm, string>>>>;
}

const algorithmOfLength: Readonly<Record<number, DigestAlgorithm>> = { 32: "MD5", 64: "SHA-256" };

/**
 * Parses an htdigest file: `name:realm:hash` lines, the hash being MD5 (32 hex digits, as Apache's htdigest makes them)
 * or SHA-256 (64). A user may have one line of each; lines of other realms are left alone.
 *
 * @param realm the realm to serve; where undefined, the only one in the file
 * @throws {LineError} naming the line that is wrong
 */
export function parseHtdigest(text: string, realm: string | undefined): Htdigest {
  const lines = textLines(text).map(({ number, text: line }) => {
    const [, name, lineRealm, hash] = /^([^:]+):([^:]*):([0-9A-Fa-f]+)$/.exec(line) ?? [];
    const algorithm = algorithmOfLength[hash?.length ?? 0];
    if (name === undefined || lineRealm === undefined || hash === undefined || algorithm === undefined) {
      throw new LineError(number, "is not name:realm:hash with an MD5 or SHA-256 hash in hex");
    }
    return { number, name: name.normalize("NFC"), realm: lineRealm, hash: hash.toLowerCase(), algorithm };
  });
  const realms = [...new Set(lines.map((line) => line.realm))];
  const served = realm ?? realms[0];
  if (realm === undefined && realms.length > 1) {
    throw new Error(`has users of several realms; choose one with --realm: ${realms.map(quoted).join(", ")}`);
  }

  if (served !== undefined && !isRealm(served)) {
    throw new Error(`the realm ${quoted(served)} must be printable ASCII without quotes and backslashes`);
  }

  const users = new Map<string, Partial<Record<DigestAlgorithm, string>>>();
  for (const line of lines) {
    if (line.realm !== served) continue;
    const hashes = users.get(line.name) ?? {};
    if (hashes[line.algorithm] !== undefined) {
      throw new LineError(line.number, `${quoted(line.name)} has two ${line.algorithm} hashes`);
    }
    hashes[line.algorithm] = line.hash;
    users.set(line.name, hashes);
  }
  if (served === undefined || users.size === 0) {
    throw new Error(realm === undefined ? "names no user" : `names no user of the realm ${quoted(realm)}`);
  }

  // A client answers the best challenge that it knows, so a challenge must be good for every user.
  const algorithms = digestAlgorithms.filter((algorithm) =>
    [...users.values()].every((hashes) => hashes[algorithm] !== undefined),
  );
  if (algorithms.length === 0) {
    throw new Error(
      "has users with MD5 hashes only and users with SHA-256 hashes only; give all the same kind",
    );
  }
  return { realm: served, algorithms, users };
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
