/** Rights by user and path, as the server asks for them. */
import { isWithin, parentOf, type ResourcePath } from "@meanwhile/dav";
import type { Access, Action } from "@meanwhile/server";
import type { Right, Rule } from "./rights-file.ts";

/**
 * Rights from rules. Of the rules for a resource or an ancestor of it, the one with the longest path decides; of two for
 * the same path, the user's own before everybody's. What no rule grants is denied, and so is everything to the anonymous.
 *
 * On file systems that take several spellings for one name, `/Private` must not be a way around a rule for `/private`:
 * where the rules decide otherwise with upper and lower case and Unicode forms taken as equal, both must allow it.
 */
export function createRights(rules: readonly Rule[]): Access {
  const exact = tableOf(rules, (path) => path);
  const folded = tableOf(rules, foldPath);

  function may(principal: string | undefined, action: Action, path: ResourcePath): boolean {
    if (principal === undefined) return false;
    return exact.right(principal, path)[action] && folded.right(principal, foldPath(path))[action];
  }

  return {
    may,
    exceptions(principal, action, path) {
      const below = new Set<ResourcePath>();
      for (const rule of rules) {
        if (rule.path === path || !isWithin(rule.path, path)) continue;
        if (rule.user !== undefined && rule.user !== principal) continue;
        const parent = parentOf(rule.path);
        if (parent === undefined) continue;
        if (may(principal, action, rule.path) !== may(principal, action, parent)) below.add(rule.path);
      }
      return [...below];
    },
  };
}

/** Reads what `access` lets read, and writes nothing. */
export function readOnly(access: Access): Access {
  return {
    may: (principal, action, path) => action === "read" && access.may(principal, action, path),
    exceptions: (principal, action, path) =>
      action === "read" ? access.exceptions(principal, action, path) : [],
  };
}

/** Asks `current` for each decision, so that rights may change while the server runs. */
export function changingAccess(current: () => Access): Access {
  return {
    may: (principal, action, path) => current().may(principal, action, path),
    exceptions: (principal, action, path) => current().exceptions(principal, action, path),
  };
}

const nothing: Right = { read: false, write: false };

interface RightsTable {
  right(principal: string, path: ResourcePath): Right;
}

function tableOf(rules: readonly Rule[], fold: (path: ResourcePath) => ResourcePath): RightsTable {
  const ofEverybody = new Map<ResourcePath, Right>();
  const ofUsers = new Map<string, Map<ResourcePath, Right>>();
  for (const rule of rules) {
    let table = ofEverybody;
    if (rule.user !== undefined) {
      table = ofUsers.get(rule.user) ?? new Map();
      ofUsers.set(rule.user, table);
    }
    const path = fold(rule.path);
    const other = table.get(path);
    // Two rules can only meet by folding; then the stricter of both holds.
    const { read, write } = rule;
    table.set(
      path,
      other === undefined ? { read, write } : { read: read && other.read, write: write && other.write },
    );
  }
  return {
    right(principal, path) {
      const own = ofUsers.get(principal);
      for (let at: ResourcePath | undefined = path; at !== undefined; at = parentOf(at)) {
        const right = own?.get(at) ?? ofEverybody.get(at);
        if (right !== undefined) return right;
      }
      return nothing;
    },
  };
}

function foldPath(path: ResourcePath): ResourcePath {
  return path.normalize("NFC").toLowerCase() as ResourcePath;
}
