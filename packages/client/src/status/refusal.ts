import { HttpError } from "../error/http-error.ts";
import { abandon, boundedText } from "../send/received-content.ts";
import { jsonFields } from "./status-document.ts";

/** Longest content that is looked at for what it says of a failure, in bytes. */
const longestDetail = 64 * 1024;

/** What a request about an operation was answered, where that is no answer. Takes the response's content. */
export async function refusal(method: string, url: URL, response: Response): Promise<HttpError> {
  const { status, headers } = response;
  const isProblem = /^application\/problem\+json\b/i.test(headers.get("content-type") ?? "");
  const detail = isProblem ? await problemDetail(response) : undefined;
  abandon(response);
  return new HttpError({ method, url, status, headers, ...(detail === undefined ? {} : { detail }) });
}

async function problemDetail(response: Response): Promise<string | undefined> {
  // The status says enough where its content is lost.
  const text = await boundedText(response, longestDetail).catch(() => undefined);
  const { detail, title } = jsonFields(text ?? "") ?? {};
  const words = typeof detail === "string" ? detail : title;
  return typeof words === "string" ? words.slice(0, 500) : undefined;
}
