/** Users who log in by a form: the interface that those who keep the users fill. */

/** A name and a password that came by a form, and from where. */
export interface LoginAttempt {
  readonly user: string;
  readonly password: string;
  /** The client's address, as seen through trusted proxies. */
  readonly address: string;
}

/** What became of an attempt. */
export type LoginVerdict =
  | { readonly kind: "known"; readonly principal: string }
  | { readonly kind: "wrong" }
  /** Too many failures: nothing was judged. */
  | { readonly kind: "throttled"; readonly retryAfterSeconds: number }
  /** Too many wait to be judged. */
  | { readonly kind: "overloaded"; readonly retryAfterSeconds: number };

/** Judges logins by a form. The principals are the same as those of `authenticate`. */
export interface Logins {
  /** Whether the password is the user's, counted with the failures that programs have had. */
  judge(attempt: LoginAttempt): Promise<LoginVerdict>;
  /**
   * A text that changes whenever the user's password does, and that only the server knows; undefined where there is no such
   * user any more. It ends sessions, and is asked for at each of their requests.
   */
  mark(principal: string): string | undefined;
}
