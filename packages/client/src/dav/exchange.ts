import { policies } from "../repeat/policies.ts";
import { Repeating } from "../repeat/repeating.ts";
import { isForLater, notReady, setbackOf } from "../repeat/setback.ts";
import { isSafe } from "../send/outgoing.ts";
import { discard } from "../send/received-content.ts";
import type { Patience, RequestContent } from "../send/send.ts";
import { isSameResource } from "./comparable-path.ts";
import { asCollection } from "./place.ts";
import { readFailure } from "./read-failure.ts";
import type { VerbContext } from "./verb-context.ts";

export interface Question {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: RequestContent;
  readonly patience: Patience;
}

export interface Answer {
  readonly response: Response;
  /** The one that answered, which may have got a slash at its end. */
  readonly url: URL;
}

/**
 * Sends a request, and gives its final response if that is a success. One that changes nothing is sent again after a lost
 * connection, and where the server, or a proxy before it, is not ready to answer it.
 *
 * A collection that was asked for without its slash, and answered with a redirection to the same with it, is asked
 * again there (RFC 4918 §5.2). No other redirection is followed.
 *
 * @throws {HttpError} where the request failed
 */
export async function ask(context: VerbContext, question: Question): Promise<Answer> {
  const first = await sendTo(context, question, question.url);
  const url = redirectedToCollection(first.response, question.url);
  if (url === undefined) return succeeded(context, question, first);
  await discard(first.response);
  return succeeded(context, question, await sendTo(context, question, url));
}

/** What changes nothing may be sent again to any server (RFC 9110 §9.2.1). */
export function repeatedReading({ memory, surroundings }: VerbContext, patience: Patience): Repeating {
  return new Repeating(policies.reading, { surroundings, patience, wasThere: () => memory.answered });
}

async function sendTo(context: VerbContext, question: Question, url: URL): Promise<Answer> {
  const { method, headers, content } = question;
  const repeating = repeatedReading(context, question.patience);
  for (;;) {
    try {
      const response = await context.send(url, {
        ...repeating.patience,
        method,
        ...(headers === undefined ? {} : { headers }),
        ...(content === undefined ? {} : { content }),
      });
      context.memory.learn(response);
      if (!isSafe(method) || !isForLater(response) || isGivenUp(response, headers)) return { response, url };
      const verdict = repeating.judge(notReady(response, undefined));
      if (verdict.kind !== "again") return { response, url };
      await discard(response);
      await repeating.pause(verdict.afterMs);
    } catch (error) {
      if (!isSafe(method)) throw error;
      await repeating.after(setbackOf(error));
    }
  }
}

/** A gateway that gave up on a long listing would do so again: it is walked instead. */
function isGivenUp({ status }: Response, headers: Question["headers"]): boolean {
  return status === 504 && headers?.["Depth"] === "infinity";
}

async function succeeded(context: VerbContext, question: Question, answer: Answer): Promise<Answer> {
  if (answer.response.ok) return answer;
  throw await readFailure({ method: question.method, url: answer.url }, answer.response, context.places);
}

/** Of the Location only the path counts: behind a proxy, servers name themselves as they are known inside. */
function redirectedToCollection(response: Response, asked: URL): URL | undefined {
  const { status, headers } = response;
  const location = headers.get("location");
  if (location === null || !redirections.has(status) || asked.pathname.endsWith("/")) return undefined;
  if (!URL.canParse(location, asked.href)) return undefined;
  const target = new URL(location, asked);
  return target.pathname.endsWith("/") && isSameResource(target, asked) ? asCollection(asked) : undefined;
}

const redirections: ReadonlySet<number> = new Set([301, 302, 307, 308]);
