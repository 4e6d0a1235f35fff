/** The name that a POST gives to the member that it makes (RFC 6266 §4.3). */

import { badRequest } from "@meanwhile/dav";
import { parse } from "content-disposition";
import { isMemberName } from "../target/new-member.ts";

/** The file name of a `Content-Disposition` field. @throws {DavError} 400 where it has none that can be a member's */
export function disposedName(field: string | undefined): string {
  const name = field === undefined ? undefined : fileName(field);
  if (name === undefined || !isMemberName(name)) {
    throw badRequest("a POST names its new member by the file name of Content-Disposition, without a slash");
  }
  return name;
}

function fileName(field: string): string | undefined {
  try {
    return parse(field).parameters["filename"];
  } catch {
    return undefined;
  }
}
