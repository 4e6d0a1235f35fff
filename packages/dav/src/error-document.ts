/** Conditions as XML (RFC 4918 §14.5, §16). */
import type { Condition } from "./error.ts";
import { escapeText, xmlDeclaration } from "./xml-text.ts";

/** The body of a response that failed: a `DAV:error`, empty where no condition is known (RFC 4918 §14.5). */
export function errorDocument(condition: Condition | undefined): string {
  return condition === undefined
    ? `${xmlDeclaration}<D:error xmlns:D="DAV:"/>`
    : `${xmlDeclaration}<D:error xmlns:D="DAV:">${conditionElement(condition)}</D:error>`;
}

/** The element of one condition with its data, as a `DAV:error` has it (RFC 4918 §16). */
export function conditionElement(condition: Condition): string {
  switch (condition.code) {
    case "lock-token-submitted":
    case "no-conflicting-lock":
      return condition.lockRoots.length === 0
        ? `<D:${condition.code}/>`
        : `<D:${condition.code}>${condition.lockRoots.map(hrefElement).join("")}</D:${condition.code}>`;
    default:
      return `<D:${condition.code}/>`;
  }
}

function hrefElement(href: string): string {
  return `<D:href>${escapeText(href)}</D:href>`;
}
