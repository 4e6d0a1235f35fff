/** What the recorded final response of an operation says, whatever its method was. Loads the client. */
import { HttpError, type MemberResult, MultistatusError } from "@meanwhile/client";
import { DocumentError, MultistatusReader, type MultistatusResponse, unreadStatus } from "@meanwhile/dav/xml";

/** Characters of an answer that are looked at to learn why. */
const longestAnswer: number = 64 * 1024;

/**
 * @param url the operation's status document
 * @throws {MultistatusError} where members failed, {@link HttpError} where all of it did
 */
export async function refuseFailure(response: Response, url: URL): Promise<void> {
  const { status, headers, body } = response;
  if (status === 207) {
    const error = new MultistatusError("operation", url, await readMembers(response, url));
    if (error.failed.length > 0) throw error;
    return;
  }
  if (status < 400) {
    await body?.cancel();
    return;
  }
  const detail = detailOf(headers.get("Content-Type") ?? "", await beginningOf(response));
  throw new HttpError({
    method: "operation",
    url,
    status,
    headers,
    ...(detail === undefined ? {} : { detail }),
  });
}

async function readMembers({ body }: Response, url: URL): Promise<readonly MemberResult[]> {
  if (body === null) return [];
  const reader = new MultistatusReader();
  const decoder = new TextDecoder();
  const members: MemberResult[] = [];
  try {
    for await (const bytes of body) {
      const responses = reader.write(decoder.decode(bytes, { stream: true }));
      members.push(...responses.flatMap((response) => membersOf(response, url)));
    }
    members.push(...reader.end().flatMap((response) => membersOf(response, url)));
  } catch (error) {
    // Whatever can be read of it is worth more than that the rest cannot be; but what it would have told is not known.
    if (!(error instanceof DocumentError)) throw error;
    members.push({ url, status: unreadStatus, description: `the answer cannot be read: ${error.message}` });
  }
  return members;
}

function membersOf(response: MultistatusResponse, base: URL): readonly MemberResult[] {
  const { hrefs, propstats, description, condition } = response;
  const status = Math.max(response.status ?? 200, ...propstats.map((propstat) => propstat.status));
  // What names no resource is told of the operation.
  return (hrefs.length === 0 ? [base.href] : hrefs)
    .filter((href) => URL.canParse(href, base.href))
    .map((href) => ({
      url: new URL(href, base),
      status,
      ...(description === undefined ? {} : { description }),
      ...(condition === undefined ? {} : { condition: condition.name.local }),
    }));
}

/** RFC 9457. */
function detailOf(contentType: string, text: string): string | undefined {
  if (!/^application\/problem\+json\b/i.test(contentType)) return undefined;
  try {
    const problem: unknown = JSON.parse(text);
    if (typeof problem !== "object" || problem === null) return undefined;
    if ("detail" in problem && typeof problem.detail === "string") return problem.detail;
    return "title" in problem && typeof problem.title === "string" ? problem.title : undefined;
  } catch {
    // The status says the most important thing.
    return undefined;
  }
}

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > longestAnswer) break;
  }
  return text;
}
