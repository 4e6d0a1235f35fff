import { formatDigest } from "@meanwhile/dav";
import type { DavRequest } from "../request/dav-request.ts";
import type { HeldUpload } from "./kept-upload.ts";

/** The digest of what came so far, where it was asked for. */
export async function digestFields(
  { upload, draft }: HeldUpload,
  { fields }: Pick<DavRequest, "fields">,
): Promise<Record<string, string>> {
  const algorithm = fields.wantedDigest;
  if (algorithm === undefined) return {};
  const bytes = await upload.digest.of(draft, draft.length, algorithm);
  return { "Repr-Digest": formatDigest({ algorithm, bytes }) };
}
