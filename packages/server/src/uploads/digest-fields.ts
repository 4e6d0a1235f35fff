import { formatDigest, wantedDigest } from "@meanwhile/dav";
import { single } from "../methods/change.ts";
import type { DavRequest } from "../request/dav-request.ts";
import type { HeldUpload } from "./kept-upload.ts";

/** The digest of what came so far, where it was asked for. */
export async function digestFields(
  { upload, draft }: HeldUpload,
  { headers }: Pick<DavRequest, "headers">,
): Promise<Record<string, string>> {
  const algorithm = wantedDigest(single(headers["want-repr-digest"]));
  if (algorithm === undefined) return {};
  const bytes = await upload.digest.of(draft, draft.length, algorithm);
  return { "Repr-Digest": formatDigest({ algorithm, bytes }) };
}
