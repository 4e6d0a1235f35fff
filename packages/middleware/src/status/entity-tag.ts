/** Validators of representations that are made when they are asked for (RFC 9110 §8.8.3). */
import { createHash } from "node:crypto";

/** A strong entity tag: it changes with any byte. */
export function entityTag(content: string): string {
  return `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
}

/**
 * Whether an If-None-Match names the tag, or any ("*"): the weak comparison of RFC 9110 §13.1.2, which looks past
 * `W/`.
 */
export function matchesWeakly(field: string | undefined, tag: string): boolean {
  return field !== undefined && (field.trim() === "*" || tagsOf(field).some((one) => one === opaque(tag)));
}

/** Whether an If-Match lets a request pass: strong comparison (RFC 9110 §13.1.1). Absent: it does. */
export function passesMatch(field: string | undefined, tag: string): boolean {
  if (field === undefined || field.trim() === "*") return true;
  return [...field.matchAll(anyTag)].some(([one]) => one === tag);
}

const anyTag = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

function tagsOf(field: string): readonly string[] {
  return [...field.matchAll(anyTag)].map(([one]) => opaque(one));
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, "");
}
