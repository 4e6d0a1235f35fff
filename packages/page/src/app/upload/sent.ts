/** What is sent, and how that ended. */

export interface FileToSend {
  /** Its URL's path. */
  readonly path: string;
  readonly file: File;
  /** Whether it may take the place of what is there. */
  readonly overwrite: boolean;
}

/** How it ended: "exists" where something is there that may not be replaced; "lost" where there was no answer. */
export type Sent =
  | { readonly kind: "sent" }
  | { readonly kind: "exists" }
  | { readonly kind: "lost" }
  | { readonly kind: "refused"; readonly status: number };
