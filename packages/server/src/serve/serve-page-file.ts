/** The page's own files. They are the same for everybody, and say nothing of what is served: nobody has to log in for them. */
import { DavError } from "@meanwhile/dav";
import type { Answer } from "../http/answer.ts";
import type { MountedPage } from "../page.ts";
import type { RequestFields } from "../request/request-fields.ts";

/** The answer, where the page has files and the request may be for one; else undefined. @throws {DavError} 404 where there is none */
export function servePageFile(
  fields: RequestFields,
  method: string,
  mounted: MountedPage | undefined,
  name: string,
): Answer | undefined {
  if (mounted === undefined || name === "" || (method !== "GET" && method !== "HEAD")) return undefined;
  const file = mounted.page.file(name);
  if (file === undefined) throw new DavError(404, "the page has no such file: load the page again");
  const packed = fields.takesGzip;
  return {
    status: 200,
    fields: {
      "Content-Type": file.contentType,
      ...(packed ? { "Content-Encoding": "gzip" } : {}),
      Vary: "Accept-Encoding",
      // Its name has a hash of its content in it (RFC 8246 §2).
      "Cache-Control": "public, max-age=31536000, immutable",
      "Cross-Origin-Resource-Policy": "same-origin",
      "X-Content-Type-Options": "nosniff",
    },
    body: { kind: "bytes", bytes: packed ? file.gzip : file.bytes },
  };
}
