/** The `If` header (RFC 4918 §10.4). */

import type { LockToken } from "../elements/lock.ts";
import { badRequest, type DavError } from "../error.ts";
import { isAbsoluteUri } from "./lock-token.ts";

/** True if any of its lists is (RFC 4918 §10.4.3). */
export interface IfHeader {
  readonly lists: readonly IfList[];
}

/** True if all of its conditions are. */
export interface IfList {
  /** The URI that the list is tagged with, as it came; undefined: the list is about the Request-URI (§10.4.2). */
  readonly resource: string | undefined;
  readonly conditions: readonly IfCondition[];
}

/** RFC 4918 §10.4.2: one condition of a list. */
export type IfCondition =
  /** The resource is locked by this token. */
  | { readonly kind: "token"; readonly token: LockToken; readonly not: boolean }
  /** The resource has this entity tag: with its quotes, and `W/` where it is weak. */
  | { readonly kind: "etag"; readonly etag: string; readonly not: boolean };

/** What one `If` header may have; more is refused with 400. */
export const ifHeaderLimits: { readonly lists: number; readonly conditions: number } = {
  lists: 256,
  conditions: 1024,
};

/**
 * Parses the `If` header (RFC 4918 §10.4.2).
 *
 * @returns undefined where the request has none
 * @throws {DavError} 400 if it is malformed, or beyond {@link ifHeaderLimits}
 */
export function parseIf(value: string | undefined): IfHeader | undefined {
  return value === undefined ? undefined : new IfParser(value).header();
}

/**
 * The lock tokens that a request submits: all in its `If` header that are not negated (RFC 4918 §10.4.1).
 * `DAV:no-lock` is never among them: it is no lock's token (§10.4.8).
 */
export function submittedTokens(header: IfHeader | undefined): ReadonlySet<LockToken> {
  const tokens = new Set<LockToken>();
  for (const list of header?.lists ?? []) {
    for (const condition of list.conditions) {
      if (condition.kind === "token" && !condition.not && condition.token !== noLock)
        tokens.add(condition.token);
    }
  }
  return tokens;
}

const noLock = "DAV:no-lock";

/** Reads from left to right, each character once. */
class IfParser {
  readonly #text: string;
  #at = 0;
  #conditions = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** `1*No-tag-list | 1*Tagged-list`. */
  header(): IfHeader {
    const lists: IfList[] = [];
    this.#skipSpace();
    const tagged = this.#next() === "<";
    do {
      const resource = tagged ? this.#angleBrackets() : undefined;
      this.#skipSpace();
      do {
        if (lists.length === ifHeaderLimits.lists) throw badRequest("If has too many lists");
        lists.push({ resource, conditions: this.#list() });
        this.#skipSpace();
      } while (this.#next() === "(");
    } while (tagged && this.#at < this.#text.length);
    if (this.#at < this.#text.length) throw this.#malformed();
    return { lists };
  }

  /** `"(" 1*Condition ")"`. */
  #list(): readonly IfCondition[] {
    this.#expect("(");
    const conditions: IfCondition[] = [];
    for (;;) {
      this.#skipSpace();
      if (conditions.length > 0 && this.#next() === ")") break;
      if (this.#conditions === ifHeaderLimits.conditions) throw badRequest("If has too many conditions");
      this.#conditions += 1;
      conditions.push(this.#condition());
    }
    this.#expect(")");
    return conditions;
  }

  /** `["Not"] (State-token | "[" entity-tag "]")`. */
  #condition(): IfCondition {
    const not = this.#text.slice(this.#at, this.#at + 3).toLowerCase() === "not";
    if (not) {
      this.#at += 3;
      this.#skipSpace();
    }
    if (this.#next() === "[") return { kind: "etag", etag: this.#entityTag(), not };
    const token = this.#angleBrackets();
    if (!isAbsoluteUri(token)) throw this.#malformed();
    return { kind: "token", token, not };
  }

  /** What is inside of `<...>`. */
  #angleBrackets(): string {
    this.#expect("<");
    const content = this.#upTo(">");
    if (content === "" || !plain.test(content)) throw this.#malformed();
    return content;
  }

  /** `"[" [ "W/" ] DQUOTE *etagc DQUOTE "]"` (RFC 9110 §8.8.3); an etagc may be "]". */
  #entityTag(): string {
    this.#expect("[");
    this.#skipSpace();
    const start = this.#at;
    if (this.#text.startsWith("W/", this.#at)) this.#at += 2;
    this.#expect('"');
    if (!etagCharacters.test(this.#upTo('"'))) throw this.#malformed();
    const etag = this.#text.slice(start, this.#at);
    this.#skipSpace();
    this.#expect("]");
    return etag;
  }

  /** What comes before `end`, which is passed. */
  #upTo(end: string): string {
    const at = this.#text.indexOf(end, this.#at);
    if (at === -1) throw this.#malformed();
    const content = this.#text.slice(this.#at, at);
    this.#at = at + 1;
    return content;
  }

  #expect(character: string): void {
    if (this.#next() !== character) throw this.#malformed();
    this.#at += 1;
  }

  #next(): string | undefined {
    return this.#text[this.#at];
  }

  #skipSpace(): void {
    while (this.#next() === " " || this.#next() === "\t") this.#at += 1;
  }

  #malformed(): DavError {
    return badRequest(`If is malformed near character ${this.#at + 1}`);
  }
}

/** No white space, no control characters, no second "<". */
const plain = /^[\x21-\x3B\x3D-\x7E\x80-\xFF]*$/;
const etagCharacters = /^[\x20\x21\x23-\x7E\x80-\xFF]*$/;
