/** Mistakes of the caller, thrown at once; never what a client sent. */
export type MisuseCode =
  | "ERR_INTERIM_STATUS"
  | "ERR_INTERIM_FIELD_NAME"
  | "ERR_INTERIM_FIELD_VALUE"
  | "ERR_INTERIM_FIELD_FORBIDDEN"
  | "ERR_INTERIM_TOO_LARGE"
  | "ERR_FINAL_STATUS"
  | "ERR_PROGRESS"
  | "ERR_STATUS_URI"
  | "ERR_PACING";

/** The error of a caller that asks for an interim response that cannot be. */
export type Misuse = TypeError & { readonly code: MisuseCode };

/** Makes the error; the caller throws it. */
export function misuse(code: MisuseCode, message: string): Misuse {
  return Object.assign(new TypeError(message), { code });
}
