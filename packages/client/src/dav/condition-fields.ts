import { misuse } from "../error/misuse.ts";
import type { Conditions } from "./dav-client.ts";

/**
 * The fields of conditions (RFC 9110 §13.1.1, §13.1.2).
 *
 * @throws {TypeError} `ERR_ENTITY_TAG` if it is neither "*" nor entity tags with their quotes
 */
export function conditionFields({ ifMatch, ifNoneMatch }: Conditions): Readonly<Record<string, string>> {
  return {
    ...(ifMatch === undefined ? {} : { "If-Match": checked(ifMatch) }),
    ...(ifNoneMatch === undefined ? {} : { "If-None-Match": checked(ifNoneMatch) }),
  };
}

/** Whether an entity tag says that every byte is the same (RFC 9110 §8.8.1). */
export function isStrong(etag: string | null | undefined): etag is string {
  return typeof etag === "string" && /^"[\x21\x23-\x7E\x80-\xFF]*"$/.test(etag);
}

/** @throws {TypeError} `ERR_ENTITY_TAG` if it does not say that every byte is the same */
export function checkStrong(etag: string): void {
  if (!isStrong(etag))
    throw misuse("ERR_ENTITY_TAG", 'a strong entity tag is needed, written with its quotes: "abc"');
}

function checked(value: string): string {
  if (value !== "*" && !entityTags.test(value)) {
    throw misuse("ERR_ENTITY_TAG", 'an entity tag is written with its quotes: "abc" or W/"abc"');
  }
  return value;
}

const entityTags =
  /^(?:W\/)?"[\x21\x23-\x7E\x80-\xFF]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7E\x80-\xFF]*")*$/;
