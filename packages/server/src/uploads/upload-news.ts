/** What a client is told of its upload while its content comes: 104 (Upload Resumption Supported), where it bears it. */
import { encodePath } from "@meanwhile/dav";
import type { Exchange } from "@meanwhile/interim";
import { interimAllowance } from "../http/allowance.ts";
import type { PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest } from "../request/dav-request.ts";
import type { KeptUpload } from "./kept-upload.ts";
import { interopFields, limitField } from "./upload-request.ts";

export interface UploadNews {
  /** How many interim responses were sent. */
  readonly count: number;
  urlOf(upload: KeptUpload): string;
  /** The upload has begun: where it is. */
  begun(upload: KeptUpload): void;
  /** So many bytes of it are safe. */
  kept(offset: number): void;
}

/**
 * Who speaks the draft's version has asked for these responses, as by `Prefer: processing` for 102. Of a client that bears
 * only so many, all but one are left for later ones.
 */
export function openUploadNews(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  { context, reserved, policy }: Pick<PipelineOptions, "context" | "reserved" | "policy">,
): UploadNews {
  const { origin, prefix, fields } = request;
  const { budget } = interimAllowance(exchange, connection, true, policy);
  const bears = fields.speaksUploads;
  let count = 0;
  const tell = (fields: Readonly<Record<string, string>>): void => {
    if (exchange.interim(104, { ...interopFields, ...fields })) count += 1;
  };
  const urlOf = ({ id }: KeptUpload): string =>
    `${origin}${prefix}${encodePath(reserved.uploads, true)}${id}`;
  return {
    get count() {
      return count;
    },
    urlOf,
    begun(upload) {
      if (!bears || budget < 1) return;
      const limits = limitField(context, context.keptUploads?.secondsLeft(upload));
      tell({ Location: urlOf(upload), "Upload-Limit": limits });
    },
    kept(offset) {
      if (bears && budget === Number.POSITIVE_INFINITY) tell({ "Upload-Offset": String(offset) });
    },
  };
}
