import type { ResourcePath } from "@meanwhile/dav";
import type { Placement } from "@meanwhile/server/store";

/** What is to be moved, and where to. */
export interface MoveRequest extends Placement {
  readonly source: ResourcePath;
  readonly destination: ResourcePath;
}
