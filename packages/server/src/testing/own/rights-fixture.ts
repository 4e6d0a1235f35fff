/** Rights by path prefix, for tests. */
import { isWithin, type ResourcePath } from "@meanwhile/dav";
import type { Access } from "../../access.ts";

/** What everyone may do from a path on: "r" to read, "w" to write. The longest prefix counts. */
export function rights(rules: Readonly<Record<string, "" | "r" | "w" | "rw">>): Access {
  const prefixes = Object.entries(rules).map(([prefix, may]) => ({ prefix: prefix as ResourcePath, may }));
  return {
    may(_principal, action, path) {
      const covering = prefixes
        .filter(({ prefix }) => isWithin(path, prefix))
        .sort((a, b) => b.prefix.length - a.prefix.length);
      return covering[0]?.may.includes(action === "read" ? "r" : "w") ?? false;
    },
    exceptions: (_principal, _action, path) =>
      prefixes.map(({ prefix }) => prefix).filter((prefix) => prefix !== path && isWithin(prefix, path)),
  };
}
