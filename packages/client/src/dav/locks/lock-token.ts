/**
 * Whether it can be the token of a lock. "Lock tokens are URIs" (RFC 4918 §6.5), but those of golang.org/x/net/webdav, and
 * so of `rclone serve webdav`, are plain numbers: whatever can stand in a Coded-URL is taken, up to 2,048 characters.
 */
export function isLockToken(text: string): boolean {
  return /^[\x21\x23-\x3B\x3D\x3F-\x7E]{1,2048}$/.test(text);
}
