/** The fields of "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload-12). */
import { parseDictionary, parseItem } from "structured-headers";

/** The draft's interop version that is spoken here: `Upload-Draft-Interop-Version`. */
export const uploadInteropVersion = 8;

/** The media type of content that is appended to an upload. */
export const partialUploadType = "application/partial-upload";

/** `Upload-Complete`; undefined where it is absent or no Boolean: "Other values MUST cause the entire header field to be ignored." */
export function parseUploadComplete(value: string | undefined): boolean | undefined {
  const item = bareItem(value);
  return typeof item === "boolean" ? item : undefined;
}

/** `Upload-Complete`, to be sent. */
export function formatUploadComplete(complete: boolean): "?1" | "?0" {
  return complete ? "?1" : "?0";
}

/** `Upload-Offset`, `Upload-Length`, `Upload-Draft-Interop-Version`: a whole number from 0 up; undefined where it is none. */
export function parseUploadNumber(value: string | undefined): number | undefined {
  const item = bareItem(value);
  // 5.0 is a Decimal, which JavaScript cannot tell from an Integer.
  return typeof item === "number" && item >= 0 && Number.isInteger(item) && !value?.includes(".")
    ? item
    : undefined;
}

/** What `Upload-Limit` tells. */
export interface UploadLimits {
  /** Most and least bytes of the whole content. */
  readonly maxSize?: number;
  readonly minSize?: number;
  /** Most and least bytes of one request. */
  readonly maxAppendSize?: number;
  readonly minAppendSize?: number;
  /** Seconds that are left of the upload's life. */
  readonly maxAge?: number;
}

const limitKeys = {
  maxSize: "max-size",
  minSize: "min-size",
  maxAppendSize: "max-append-size",
  minAppendSize: "min-append-size",
  maxAge: "max-age",
} as const satisfies Readonly<Record<keyof UploadLimits, string>>;

/** `Upload-Limit`, to be sent. "If the server does not apply any limits, it MUST use `min-size=0`." */
export function formatUploadLimit(limits: UploadLimits): string {
  const told = namesOfLimits.flatMap((name) => {
    const value = limits[name];
    return value === undefined ? [] : [`${limitKeys[name]}=${value}`];
  });
  return told.length === 0 ? "min-size=0" : told.join(", ");
}

/** `Upload-Limit`; undefined where it is absent, no Dictionary, or has a limit that is no whole number. */
export function parseUploadLimit(value: string | undefined): UploadLimits | undefined {
  if (value === undefined) return undefined;
  try {
    const members = parseDictionary(value);
    const limits: { -readonly [Name in keyof UploadLimits]: number } = {};
    for (const name of namesOfLimits) {
      const limit = members.get(limitKeys[name])?.[0];
      if (limit === undefined) continue;
      if (typeof limit !== "number" || limit < 0 || !Number.isInteger(limit)) return undefined;
      limits[name] = limit;
    }
    return limits;
  } catch {
    return undefined;
  }
}

const namesOfLimits = Object.keys(limitKeys) as (keyof UploadLimits)[];

function bareItem(value: string | undefined): unknown {
  if (value === undefined) return undefined;
  try {
    return parseItem(value)[0];
  } catch {
    return undefined;
  }
}
