/** Answers as they are kept, and kept ones as answers. */
import { checkFinalStatus } from "@meanwhile/interim/internal";
import { saysNothingWasDone } from "@meanwhile/middleware/internal";
import type { Outcome } from "@meanwhile/operations";
import type { Answer } from "../http/answer.ts";

/** An answer, as an operation's outcome. */
export function outcomeOf({ status, fields, body, runsAnew }: Answer): Outcome {
  if (body.kind === "stream") throw new Error("the answer of an operation is small");
  return {
    status,
    fields,
    content: body.kind === "bytes" ? body.bytes : "",
    ...(runsAnew || saysNothingWasDone(status) ? { runsAnew: true } : {}),
  };
}

/** An outcome as the answer that it records. @throws {TypeError} for a status that no final response may have */
export function answerOf({ status, fields, content }: Outcome): Answer {
  checkFinalStatus(status);
  return {
    status,
    fields,
    body: content.length === 0 ? { kind: "none" } : { kind: "bytes", bytes: content },
  };
}
