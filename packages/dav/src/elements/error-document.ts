/** Conditions as XML (RFC 4918 §14.5, §16). */
import type { Condition } from "../error.ts";
import { escapeText, xmlDeclaration } from "../xml/xml-text.ts";

/**
 * The body of a response that failed: a `DAV:error` with its condition (RFC 4918 §14.5), and a sentence for people in an
 * element of our own, which clients that do not know it ignore (§8.7, §17).
 */
export function errorDocument(condition: Condition | undefined, message?: string): string {
  const element = condition === undefined ? "" : conditionElement(condition);
  const sentence =
    message === undefined
      ? ""
      : `<M:message xmlns:M="${messageNamespace}">${escapeText(message)}</M:message>`;
  const content = element + sentence;
  return content === ""
    ? `${xmlDeclaration}<D:error xmlns:D="DAV:"/>`
    : `${xmlDeclaration}<D:error xmlns:D="DAV:">${content}</D:error>`;
}

/** The namespace of the element with the sentence for people. */
export const messageNamespace = "urn:meanwhile:error";

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
