/** The Authorization field of Basic authentication (RFC 7617 §2). */

export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/** Longer user names are nobody's. */
export const longestUserName = 256;

/**
 * Parses Basic credentials, without their scheme. Octets that are not UTF-8 are taken as ISO-8859-1, which older
 * clients send (§3 and appendix B.3). Both parts come in Unicode's composed form (NFC), as RFC 8265 wants them.
 *
 * @returns undefined where they are malformed
 */
export function parseBasicCredentials(token68: string): BasicCredentials | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(token68) || token68.length === 0) return undefined;
  const text = decodeText(Buffer.from(token68, "base64")).normalize("NFC");
  const colon = text.indexOf(":");
  // "The user-id and password MUST NOT contain any control characters" (RFC 7617 §2).
  if (colon < 1 || colon > longestUserName || /[\u0000-\u001F\u007F]/.test(text)) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8, so it is the older encoding.
    return Buffer.from(bytes).toString("latin1");
  }
}
