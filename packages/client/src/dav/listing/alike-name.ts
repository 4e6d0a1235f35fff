/**
 * The same for names that servers and file systems are known to take for one, or to make one of: by case, normalization
 * form, pictures in place of control characters and full-width signs (as rclone has it), and white space and dots at the
 * ends.
 */
export function alikeName(name: string): string {
  const controls = name.replace(/[\u2400-\u2421]/gu, controlOf);
  const formed = controls.normalize("NFKC").toLowerCase().normalize("NFKC");
  return formed.replace(/[\s.]+$|^\s+/gu, "");
}

/** U+2400 to U+241F are the pictures of U+0000 to U+001F, U+2420 that of a space, U+2421 that of U+007F. */
function controlOf(picture: string): string {
  const code = picture.charCodeAt(0) - 0x2400;
  return String.fromCharCode(code === 0x21 ? 0x7f : code);
}
