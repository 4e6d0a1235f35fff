/** The page that browsers show for a collection: the interface that `@meanwhile/page` fills. */

import type { ResourcePath } from "@meanwhile/dav";

/** One file of it, which never changes under its name. */
export interface PageFile {
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** The same, compressed. */
  readonly gzip: Uint8Array;
}

/** A page for browsers, in place of the plain listing. */
export interface Page {
  /** Names of the files that its document loads: a module, a style sheet. */
  readonly script: string;
  readonly style: string;
  /** undefined where there is none of that name. */
  file(name: string): PageFile | undefined;
}

/** A page, and where what it needs is. */
export interface MountedPage {
  readonly page: Page;
  /** The collection of its files. */
  readonly files: ResourcePath;
  /** That of status documents. */
  readonly operations: ResourcePath;
}
