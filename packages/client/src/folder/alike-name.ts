/**
 * The same for names that servers and file systems are known to take for one, or to make one of: by case, normalization
 * form, and white space and dots at the ends.
 */
export function alikeName(name: string): string {
  const formed = name.normalize("NFKC").toLowerCase().normalize("NFKC");
  return formed.replace(/[\s.]+$|^\s+/gu, "");
}
