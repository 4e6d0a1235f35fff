/** The end of an upload: its content is checked and put in place as that of one PUT. */
import { DavError, formatUploadComplete } from "@meanwhile/dav";
import type { Work } from "@meanwhile/operations";
import { wholeChecks } from "../content/content-checks.ts";
import type { ServerContext } from "../context.ts";
import type { Answer } from "../http/answer.ts";
import { errorAnswer, toDavError } from "../http/error-answer.ts";
import type { Ending } from "../methods/change.ts";
import { commitPut, parsePut } from "../methods/put.ts";
import type { DavRequest } from "../request/dav-request.ts";
import type { CommitOptions, Committed } from "../store.ts";
import { digestFields } from "./digest-fields.ts";
import type { HeldUpload } from "./kept-upload.ts";
import type { EndedUpload } from "./upload-record.ts";
import { interopFields, withErrorFields } from "./upload-request.ts";

/**
 * Ends an upload that has come whole. A failure that may be over later (5xx) leaves it as it is, unless its content was
 * already on its way into place: the client may complete it again.
 * @param put the request that began it, with the client and the lock tokens of the one that completes it
 */
export function uploadEnding(
  held: HeldUpload,
  put: DavRequest,
  context: ServerContext,
  leave: () => void,
): Ending {
  const ending = async (work: Work): Promise<Answer> => {
    let committing = false;
    const draft = {
      commit: async (options: CommitOptions): Promise<Committed> => {
        await held.upload.keep({ completing: true });
        committing = true;
        return held.draft.commit(options);
      },
    };
    try {
      await checkWhole(held, put);
      const digest = await digestFields(held, put);
      const answer = await commitPut(put, context, { draft, ...parsePut(put) }, work);
      const fields = { ...textOnly(answer.fields), ...digest };
      await held.end({ status: answer.status, fields });
      return { ...answer, fields: { ...answer.fields, ...digest, ...completeFields } };
    } catch (error) {
      const known = toDavError(error, put.method);
      if (known.status >= 500 && !committing) {
        await held.release();
        throw withErrorFields(known, incompleteFields);
      }
      const { status, message, fields } = known;
      await held.end({ status, message, fields });
      throw withErrorFields(known, completeFields);
    } finally {
      leave();
    }
  };
  const discard = async (): Promise<void> => {
    leave();
    await held.release();
  };
  return Object.assign(ending, { discard });
}

/** What became of an upload that was completed before: its answer may have been lost. */
export function endedAnswer({ status, fields, message }: EndedUpload): Answer {
  const answer =
    message === undefined
      ? ({ status, fields, body: { kind: "none" } } as const)
      : errorAnswer(new DavError(status, message, { fields }), "PUT");
  return { ...answer, fields: { ...answer.fields, ...completeFields } };
}

const completeFields = { ...interopFields, "Upload-Complete": formatUploadComplete(true) };
const incompleteFields = { ...interopFields, "Upload-Complete": formatUploadComplete(false) };

/** @throws {DavError} 400 where the whole has not the digest that was declared */
async function checkWhole({ draft }: HeldUpload, put: DavRequest): Promise<void> {
  const checks = wholeChecks(put.fields);
  if (!checks.any) return;
  for await (const part of draft.stream(draft.length)) checks.update(part);
  checks.finish();
}

function textOnly(fields: Answer["fields"]): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}
