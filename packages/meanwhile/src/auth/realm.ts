/** Whether a realm may stand, as it is, in the quoted string of a challenge and in a line of an htdigest file. */
export function isRealm(value: string): boolean {
  return /^[\x20-\x7E]{1,100}$/.test(value) && !/["\\:]/.test(value);
}

export const defaultRealm = "Meanwhile";
