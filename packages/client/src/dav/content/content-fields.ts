import { parseDate, parseLength } from "../properties/received-resource.ts";
import { type ContentRange, parseContentRange } from "./content-range.ts";

/** What the fields of a response say of its content, each parsed once. What is malformed counts as absent. */
export interface ContentFields {
  readonly etag: string | undefined;
  readonly contentType: string | undefined;
  readonly modified: Date | undefined;
  /** `Content-Range` of a 206 (RFC 9110 §14.4). */
  readonly range: ContentRange | undefined;
  /** `Content-Length`, in bytes. */
  readonly length: number | undefined;
  /** The codings that the content still has (RFC 9110 §8.4); "" for none. */
  readonly coding: string;
  /**
   * Compressed on the way although nobody asked for it, and unpacked already: its length is another. With its length, the
   * coding is that of the stored bytes.
   */
  readonly isCoded: boolean;
}

/** Parses them. */
export function contentFields({ headers }: Response): ContentFields {
  const declared = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  const coding = declared === "identity" ? "" : declared;
  const length = headers.get("content-length");
  return {
    etag: headers.get("etag") ?? undefined,
    contentType: headers.get("content-type") ?? undefined,
    modified: parseDate(headers.get("last-modified") ?? undefined),
    range: parseContentRange(headers.get("content-range")),
    length: parseLength(length ?? undefined),
    coding,
    isCoded: coding !== "" && length === null,
  };
}
