/** Logging in by a form. */
import type { Logins } from "./logins.ts";
import type { Sessions } from "./sessions.ts";

/** Who may log in by a form, and the sessions of those who did. */
export interface FormLogin {
  readonly logins: Logins;
  readonly sessions: Sessions;
}

/** How a request stands to logging in by a form; undefined where that cannot be done. */
export interface LoginPlace {
  /** The path of the session resource. */
  readonly session: string;
  /** "used": the request is from a session. "needed": its user has to log in. */
  readonly kind: "used" | "possible" | "needed";
}
