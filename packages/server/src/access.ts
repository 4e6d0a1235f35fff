/** Who may do what to which resource, beyond what the operating system and locks say. */
import type { ResourcePath } from "@meanwhile/dav";

/** Reading is GET, HEAD, PROPFIND and the source of a COPY; all else is writing. The source of a MOVE needs both. */
export type Action = "read" | "write";

/** Who may do what. */
export interface Access {
  /** Whether `principal` (undefined: anonymous) may. Asked for each resource that a request touches. */
  may(principal: string | undefined, action: Action, path: ResourcePath): boolean;
  /**
   * The paths strictly below `path` from which on the answer differs from that at their parent, so that a walk over
   * a tree need not ask for each member. Usually empty.
   */
  exceptions(principal: string | undefined, action: Action, path: ResourcePath): readonly ResourcePath[];
}

/** Everyone may do everything. */
export const openAccess: Access = { may: () => true, exceptions: () => [] };

/** Everyone may read everything, and nobody write. */
export const readOnlyAccess: Access = {
  may: (_principal, action) => action === "read",
  exceptions: () => [],
};
