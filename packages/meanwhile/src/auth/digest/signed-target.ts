/** Whether Digest credentials were made for the request that they came with (RFC 7616 §3.4.6). */

/**
 * Whether `uri`, which the client signed, means the request target. They may differ where clients and intermediaries are
 * known to make them differ, and the resource is the same all the same: in how characters are percent-encoded, and by a
 * scheme and host before the path (absolute-form).
 */
export function isSignedFor(uri: string, target: string): boolean {
  return decode(pathOf(uri)) === decode(pathOf(target));
}

/** The target without scheme and host; a server's root may be written without its slash. */
function pathOf(target: string): string {
  const [authority] = /^https?:\/\/[^/?#]*/i.exec(target) ?? [];
  if (authority === undefined) return target;
  const path = target.slice(authority.length);
  return path.startsWith("/") ? path : `/${path}`;
}

/** Percent-encoded octets become characters below U+0100, as Node reads all others. */
function decode(target: string): string {
  return target.replace(/%([0-9A-Fa-f]{2})/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
