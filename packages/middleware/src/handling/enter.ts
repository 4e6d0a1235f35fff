/** How requests become operations: before their handler runs, by their key or without one, or while it runs. */
import { type AnyResponse, openExchange } from "@meanwhile/interim";
import { OperationKeyError, OperationLimitError, type RepetitionKey } from "@meanwhile/operations";
import { admit, type Earlier, findEarlier } from "@meanwhile/operations/internal";
import { refusedFor, unreadable } from "../answers/answers.ts";
import { growingFingerprint, hasHead, isAnswer, type Joining, join } from "../answers/join.ts";
import { chosenKeyName, fingerprintOf, ignoredKey } from "../answers/repetition.ts";
import { answerSelected } from "../answers/send-answer.ts";
import { breakOff } from "../recording/break-off.ts";
import { type Core, targetUrl } from "../request/core.ts";
import { problem } from "../status/answer.ts";
import { ContentDigest } from "./content-digest.ts";
import type { Handling } from "./handling.ts";

/** @returns whether the handler is to run; else the request was answered, or will be */
export async function enterAtOnce(
  core: Core,
  handling: Handling,
  keyed: boolean,
  response: AnyResponse,
): Promise<boolean> {
  if (!keyed) return start(core, handling, response);
  const { request, settings } = handling;
  const repeatable = {
    method: request.method ?? "GET",
    target: targetUrl(request, settings),
    headers: request.headers,
    principal: settings.principal(request),
    address: request.socket?.remoteAddress ?? "",
  };
  let name: string | undefined;
  try {
    name = chosenKeyName(repeatable);
  } catch (error) {
    await answerSelected(openExchange(request, response), problem(400, String(error)));
    return false;
  }
  if (name === undefined) {
    for (const [field, value] of Object.entries(ignoredKey)) response.setHeader(field, value);
    return start(core, handling, response);
  }
  const content = new ContentDigest(request);
  const head = fingerprintOf(repeatable, "");
  const joining = { request, response, settings, fingerprint: head, content };
  const endTurn = await core.turns.take(name);
  try {
    const earlier = await known(core, name);
    // The content, too, is compared before it joins.
    if (earlier && admit(earlier, hasHead(earlier, head), isAnswer(earlier)).kind !== "run") {
      joinLater(core, earlier, joining);
      return false;
    }
    const key = {
      name,
      chosen: true,
      get fingerprint() {
        return growingFingerprint(head, content);
      },
    };
    const started = start(core, handling, response, key, earlier?.id);
    const operation = await core.operations.findByKey(name);
    if (operation) core.contents.set(operation, content);
    return await started;
  } catch (error) {
    if (error instanceof OperationKeyError) {
      joinLater(core, error.operation, joining);
      return false;
    }
    if (!(error instanceof JournalUnreadable)) throw error;
    settings.logger.error({ err: error.cause }, error.message);
    await answerSelected(openExchange(request, response), unreadable);
    return false;
  } finally {
    endTurn();
  }
}

/** The turn does not wait for the answer. */
function joinLater(core: Core, earlier: Earlier, joining: Joining): void {
  join(core, earlier, joining).catch((error: unknown) => {
    joining.settings.logger.error({ err: error }, `a retry could not be answered: ${String(error)}`);
    breakOff(joining.response);
  });
}

async function start(
  core: Core,
  handling: Handling,
  response: AnyResponse,
  key?: RepetitionKey,
  replaces?: string,
): Promise<boolean> {
  // Its client left while it was looked up: nothing was done, and nobody was told anything.
  if (handling.isDeserted) return false;
  try {
    return await handling.begin(key, replaces);
  } catch (error) {
    if (!(error instanceof OperationLimitError)) throw error;
    core.observer.refused(error.of);
    await answerSelected(openExchange(handling.request, response), refusedFor(error.of));
    return false;
  }
}

/** Its handler runs already: where no operation may start, it goes on as it would have without us. */
export function beginLate({ observer }: Core, handling: Handling): void {
  try {
    void handling.begin();
  } catch (error) {
    if (error instanceof OperationLimitError) observer.refused(error.of);
    handling.settings.warn(`a slow request did not become an operation: ${String(error)}`);
  }
}

/** @throws {JournalUnreadable} */
async function known({ operations, recovered }: Core, name: string): Promise<Earlier | undefined> {
  try {
    await recovered();
    return await findEarlier(operations, name);
  } catch (cause) {
    throw new JournalUnreadable(cause);
  }
}

/** Nobody can tell whether a key was used before: to run its request could be to run it twice. */
class JournalUnreadable extends Error {
  constructor(cause: unknown) {
    super(`an Idempotency-Key could not be looked up: ${String(cause)}`, { cause });
  }
}
