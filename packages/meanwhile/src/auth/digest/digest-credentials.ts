/** The Authorization field of Digest authentication (RFC 7616 §3.4). */

import { longestUserName } from "../basic/basic-credentials.ts";
import { parseAuthParams } from "./auth-params.ts";
import { type DigestAlgorithm, digestAlgorithms } from "./htdigest.ts";

export interface DigestCredentials {
  /**
   * The user's name as it may have been meant, likeliest first, in Unicode's composed form (NFC): Windows sends `"DOMAIN\ann"` where the grammar wants
   * the backslash doubled, so the name with its backslashes as they came is tried too.
   */
  readonly userNames: readonly string[];
  readonly realm: string;
  readonly nonce: string;
  /** The request target that was signed. */
  readonly uri: string;
  readonly algorithm: DigestAlgorithm;
  /** 32 or 64 hex digits, in lower case. */
  readonly response: string;
  /** Eight hex digits, as they came. */
  readonly nonceCount: string;
  readonly clientNonce: string;
}

/**
 * Parses Digest credentials, without their scheme. Only `qop=auth` is taken: the form without qop, of RFC 2069, has no
 * defence against replays. Hashed user names are not offered, so none are taken.
 *
 * @returns undefined where they are malformed, or of a kind that was not offered
 */
export function parseDigestCredentials(text: string): DigestCredentials | undefined {
  const params = parseAuthParams(text);
  if (params === undefined) return undefined;
  const value = (name: string): string | undefined => params.get(name)?.value;

  const realm = value("realm");
  const nonce = value("nonce");
  const uri = value("uri");
  const clientNonce = value("cnonce");
  const nonceCount = value("nc");
  const response = value("response")?.toLowerCase();
  // RFC 7616 §3.3: "If not present, it is assumed to be 'MD5'".
  const algorithmName = (value("algorithm") ?? "MD5").toUpperCase();
  const algorithm = digestAlgorithms.find((name) => name === algorithmName);
  const userNames = userNamesOf(params.get("username"), value("username*"));
  if (realm === undefined || nonce === undefined || uri === undefined || uri === "") return undefined;
  if (clientNonce === undefined || clientNonce === "" || algorithm === undefined) return undefined;
  if (nonceCount === undefined || !/^[0-9A-Fa-f]{8}$/.test(nonceCount)) return undefined;
  if (response === undefined || !(algorithm === "MD5" ? md5Hex : sha256Hex).test(response)) return undefined;
  if (value("qop")?.toLowerCase() !== "auth" || value("userhash")?.toLowerCase() === "true") return undefined;
  if (userNames === undefined) return undefined;
  return { userNames, realm: utf8(realm), nonce, uri, algorithm, response, nonceCount, clientNonce };
}

const md5Hex = /^[0-9a-f]{32}$/;
const sha256Hex = /^[0-9a-f]{64}$/;

function userNamesOf(
  plain: { readonly value: string; readonly raw: string } | undefined,
  extended: string | undefined,
): readonly string[] | undefined {
  // RFC 7616 §3.4: "only one of the username or username* header field parameters" may be there.
  if ((plain === undefined) === (extended === undefined)) return undefined;
  const names =
    plain === undefined
      ? [decodeExtended(extended ?? "")]
      : [utf8(plain.value), ...(plain.raw === plain.value ? [] : [utf8(plain.raw)])];
  const known: string[] = [];
  for (const name of names) {
    if (name === undefined || name === "" || name.length > longestUserName) return undefined;
    known.push(name.normalize("NFC"));
  }
  return known;
}

/** RFC 8187 §3.2: `UTF-8''percent-encoded`. */
function decodeExtended(value: string): string | undefined {
  const [, encoded] =
    /^UTF-8'[A-Za-z0-9-]*'((?:%[0-9A-Fa-f]{2}|[!#$&+.^_`|~0-9A-Za-z-])*)$/i.exec(value) ?? [];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    // The percent-encoded octets are not UTF-8.
    return undefined;
  }
}

/** Node reads field values as ISO-8859-1; the challenge asked for UTF-8. */
function utf8(value: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(value, "latin1"));
  } catch {
    // Not UTF-8, so it was meant as ISO-8859-1.
    return value;
  }
}
