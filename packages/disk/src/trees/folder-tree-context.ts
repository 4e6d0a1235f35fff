import type { ResourcePath } from "@meanwhile/dav";
import type { Folder } from "../paths/folder.ts";
import type { Temporaries } from "../placing/temporaries.ts";
import type { DeadProperties } from "../properties/dead-properties.ts";
import type { Works } from "../works/works.ts";

/** What the tree and its parts work with. */
export interface FolderTreeContext {
  readonly folder: Folder;
  readonly deadProperties: DeadProperties;
  readonly temporaries: Temporaries;
  readonly works: Works;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Told where something hidden could not be removed and waits for the next start. */
  readonly left: (directory: ResourcePath) => void;
}
