import type { Durability } from "@meanwhile/disk";
import type { DavHandlerOptions } from "@meanwhile/server";

/** Those of `createDavHandler` of `@meanwhile/server`, without the store, which is the folder. */
export interface ServeFolderOptions
  extends Omit<DavHandlerOptions, "tree" | "locks" | "uploads" | "sessions" | "operations" | "page"> {
  /** The folder to serve; it must exist. */
  readonly folder: string;
  /**
   * A directory for properties, locks and long requests, outside the folder; made where it is missing, for this user
   * alone. It serves this folder only, in one process at a time.
   */
  readonly state: string;
  /**
   * Users for Basic authentication: an htpasswd file with bcrypt hashes, as of `meanwhile serve --users`, with rights in
   * the file with `.rights` at the end of its name. In place of `authenticate`, `logins` and `access`. Default: everyone is let in.
   */
  readonly users?: string;
  /** Changes nothing. Default: false. */
  readonly readOnly?: boolean;
  /** What a loss of power leaves of answered requests. Default: "full", everything. */
  readonly durability?: Durability;
  /** Whether browsers get a file manager for a folder; else a plain listing. Default: true. */
  readonly page?: boolean;
  /** Serves the folder although the state belongs to another one: it was restored, or replaced. Default: false. */
  readonly acceptNewRoot?: boolean;
  /** Changes of one principal that run or wait at once. Default: 100. */
  readonly maxOperations?: number;
  /** Told in one line what needs a person's attention. Default: `process.emitWarning`. */
  readonly warn?: (message: string) => void;
}
