/** The rights file: who may read and write what, one rule a line. */
import { type ResourcePath, rootPath } from "@meanwhile/dav";
import { LineError, textLines } from "../options/text-lines.ts";

export interface Right {
  readonly read: boolean;
  readonly write: boolean;
}

export interface Rule extends Right {
  /** A user's name; undefined: everybody. */
  readonly user: string | undefined;
  /** The rule holds for this resource and all below it. */
  readonly path: ResourcePath;
}

/** More rules than anybody maintains by hand. */
export const mostRules = 10_000;

/**
 * Parses a rights file. Each line has a user, a right and a path, with white space between:
 *
 * ```
 * # who      right  path
 * *          r      /
 * ann        rw     /
 * "Bob Ray"  rw     /shared/Summer 2024
 * *          -      /private
 * ```
 *
 * The user is a name, in double quotes where it has white space in it, or `*` for everybody. The right is `r`, `w`, `rw`
 * or `-` for none. The path runs to the end of the line, as `ls` would show it, not percent-encoded.
 *
 * @throws {LineError} naming the line that is wrong
 */
export function parseRights(text: string): readonly Rule[] {
  const rules: Rule[] = [];
  const seen = new Set<string>();
  for (const { number, text: line } of textLines(text)) {
    const [, quoted, plain, right, path] = /^(?:"([^"]+)"|([^\s"]+))\s+(\S+)\s+(.+)$/.exec(line) ?? [];
    const name = quoted ?? plain;
    if (name === undefined || right === undefined || path === undefined) {
      throw new LineError(number, 'is not a user, a right and a path, such as "ann rw /shared"');
    }
    if (!/^(?:r|w|rw|-)$/.test(right)) {
      throw new LineError(number, `the right must be r, w, rw or -, not ${JSON.stringify(right)}`);
    }
    const user = plain === "*" ? undefined : name.normalize("NFC");
    const rule = {
      user,
      path: rightsPath(number, path),
      read: right.includes("r"),
      write: right.includes("w"),
    };
    const place = JSON.stringify([user ?? null, rule.path]);
    if (seen.has(place))
      throw new LineError(number, "says again what an earlier line says for this user and path");
    if (rules.length === mostRules)
      throw new LineError(number, `is one more than the ${mostRules} rules allowed`);
    seen.add(place);
    rules.push(rule);
  }
  return rules;
}

function rightsPath(line: number, text: string): ResourcePath {
  if (!text.startsWith("/"))
    throw new LineError(line, `the path must begin with a slash: ${JSON.stringify(text)}`);
  const names = text.split("/").filter((name) => name !== "");
  if (names.some((name) => name === "." || name === ".." || name.includes("\0"))) {
    throw new LineError(line, `the path must not have "." or ".." in it: ${JSON.stringify(text)}`);
  }
  return names.length === 0 ? rootPath : (`/${names.join("/")}` as ResourcePath);
}
