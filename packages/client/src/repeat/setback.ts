/** What went wrong on the way, and may go better the next time. */
import { ConnectionError } from "../error/connection-error.ts";
import { HttpError } from "../error/http-error.ts";
import { boundedText, discard } from "../send/bounded-text.ts";
import { jsonFields } from "../status/status-document.ts";

/**
 * Whether somebody else than the server's application may have answered, or it is about to stop: another try may find
 * it at work (RFC 9110 §15.6.3, §15.6.4, §15.6.5).
 */
export function isUnavailable(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

/**
 * The same, or a server that wants to be asked more slowly (RFC 6585 §4). Not an answer that is given again
 * (`Idempotency-Replayed: true`): it is the key's answer, and stays so.
 */
export function isForLater({ status, headers }: Pick<Response, "status" | "headers">): boolean {
  if (isReplay(headers)) return false;
  return isUnavailable(status) || (status === 429 && headers.has("retry-after"));
}

/** Whether the answer is that of an earlier request with the same key, which is not carried out again. */
export function isReplay(headers: Headers): boolean {
  return headers.get("idempotency-replayed")?.trim().toLowerCase() === "true";
}

/**
 * Whether another connection may do better. Wrong certificates, and patience that is at its end, stay what they are.
 * A proxy refuses all the same today, but while it is restarted.
 */
export function isPassing(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && error.code !== "tls" && error.code !== "timeout";
}

/** Longest content that is looked at for what it says of a failure, in bytes. */
const longestDetail = 64 * 1024;

/** What a request about an operation was answered, where that is no answer. Takes the response's content. */
export async function refusal(method: string, url: URL, response: Response): Promise<HttpError> {
  const { status, headers } = response;
  const isProblem = /^application\/problem\+json\b/i.test(headers.get("content-type") ?? "");
  const detail = isProblem ? await problemDetail(response) : undefined;
  discard(response);
  return new HttpError({ method, url, status, headers, ...(detail === undefined ? {} : { detail }) });
}

async function problemDetail(response: Response): Promise<string | undefined> {
  // The status says enough where its content is lost.
  const text = await boundedText(response, longestDetail).catch(() => undefined);
  const { detail, title } = jsonFields(text ?? "") ?? {};
  const words = typeof detail === "string" ? detail : title;
  return typeof words === "string" ? words.slice(0, 500) : undefined;
}
