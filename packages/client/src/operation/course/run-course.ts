/** Gets the final response to a request, whatever happens on the way: does what its course says. */
import { ConnectionError } from "../../error/connection-error.ts";
import { CancelledError, OutcomeUnknownError } from "../../error/operation-error.ts";
import { isPassing, type Setback, setbackOf } from "../../repeat/setback.ts";
import { abandon } from "../../send/received-content.ts";
import { keepsAnswerTo } from "../../status/announcement.ts";
import { refusal } from "../../status/refusal.ts";
import { follow } from "../following/follow.ts";
import { recordedOutcome } from "../following/recorded-outcome.ts";
import { standing } from "../following/standing.ts";
import { type LongWait, NoSignOfLife } from "../long-wait.ts";
import { askOptions } from "../server-memory.ts";
import type { Cause, Course, CourseEvent, CourseFacts, Effect, Move } from "./course.ts";
import type { PlannedRequest } from "./planned-request.ts";
import { begin, next } from "./request-course.ts";

/** One request on its course. */
export class CourseRun {
  readonly #wait: LongWait;
  readonly #request: PlannedRequest;
  #course: Course;

  constructor(wait: LongWait, request: PlannedRequest) {
    this.#wait = wait;
    this.#request = request;
    this.#course = begin(request).course;
  }

  /**
   * @throws {ConnectionError} where there is no response, and the request did not arrive or changes nothing
   * @throws {OutcomeUnknownError} where it may have arrived, and what became of it is not known
   * @throws {CancelledError}
   * @throws {HttpError} where the server refuses to tell how the operation stands
   */
  response(): Promise<Response> {
    return this.#run(begin(this.#request));
  }

  /** Gets the final response once more, whose content was lost. */
  async onceMore(error: ConnectionError): Promise<Response> {
    return this.#run(next(this.#course, { kind: "lost", error }, this.#facts));
  }

  async #run(first: Move): Promise<Response> {
    for (let move = first; ; ) {
      this.#course = move.course;
      this.#wait.url = move.course.url;
      let event: CourseEvent | undefined;
      for (const effect of move.effects) {
        if (effect.kind === "end") return effect.response;
        event = await this.#perform(effect);
      }
      if (event === undefined) throw new TypeError(`nothing happens while ${move.course.phase.kind}`);
      move = next(this.#course, event, this.#facts);
    }
  }

  get #facts(): CourseFacts {
    const { url, met, stopped, context } = this.#wait;
    const { memory, hidesInterims = false } = context;
    const keptBefore = memory.keepsAnswers(this.#request);
    return { url, met, stopped, hidesInterims, interimsBreak: memory.interimsBreak, keptBefore };
  }

  async #perform(effect: Exclude<Effect, { kind: "end" }>): Promise<CourseEvent | undefined> {
    const wait = this.#wait;
    const { memory } = wait.context;
    switch (effect.kind) {
      case "abandon":
        abandon(effect.response);
        return undefined;
      case "avoid-interims":
        memory.interimsBreak = true;
        return undefined;
      case "learn-operations":
        memory.learn({ headers: new Headers({ Operations: "1" }) });
        return undefined;
      case "alive":
        wait.alive();
        return undefined;
      case "renew-key":
        this.#request.renewKey();
        return undefined;
      case "send":
        return this.#send();
      case "look":
        return { kind: "seen", document: await standing(wait, effect.url) };
      case "ask-whether-kept":
        return effect.insist ? this.#askUntilTold() : this.#askOnce();
      case "follow":
        return unlessSilent(async () => ({
          kind: "followed",
          ending: await follow(wait, effect.url, effect.expected),
        }));
      case "read-outcome":
        return { kind: "read", response: await recordedOutcome(wait, effect.document, effect.url) };
      case "resume": {
        const loss = await this.#errorOf(effect.cause);
        return unlessSilent(async () => ({
          kind: "resumed",
          response: await this.#request.resume(wait, loss),
        }));
      }
      case "rest": {
        const setback = setbackFor(await this.#errorOf(effect.cause), effect.askedMs);
        return unlessSilent(async () => {
          await wait.comeBack(setback);
          return { kind: "rested" };
        });
      }
      case "fail": {
        const error = await this.#errorOf(effect.cause);
        const { method, url } = this.#request;
        throw effect.unknown ? new OutcomeUnknownError(method, url, error) : error;
      }
      case "cancelled":
        throw new CancelledError(effect.url);
    }
  }

  async #send(): Promise<CourseEvent> {
    try {
      return { kind: "answered", response: await this.#request.send(this.#wait) };
    } catch (error) {
      if (isPassing(error)) return { kind: "lost", error };
      throw error;
    }
  }

  /** Asks by OPTIONS of the request's own URL. @throws {ConnectionError} where the server cannot be asked now */
  async #ask(): Promise<CourseEvent> {
    const { context, identity, signal } = this.#wait;
    const { method, url } = this.#request;
    const response = await askOptions(context.send, url, identity, signal);
    context.memory.learn(response);
    const keeps = keepsAnswerTo(method, response.headers);
    // A refusal says nothing for later.
    return { kind: "asked", keeps: keeps || response.ok ? keeps : undefined };
  }

  async #askOnce(): Promise<CourseEvent> {
    try {
      return await this.#ask();
    } catch (error) {
      if (this.#wait.signal.aborted) throw this.#wait.signal.reason;
      if (isPassing(error)) return { kind: "asked", keeps: undefined };
      throw error;
    }
  }

  #askUntilTold(): Promise<CourseEvent> {
    return unlessSilent(async () => {
      for (;;) {
        try {
          return await this.#ask();
        } catch (error) {
          if (this.#wait.signal.aborted) throw this.#wait.signal.reason;
          if (!isPassing(error)) return { kind: "failed", error };
          await this.#wait.comeBack(setbackOf(error));
        }
      }
    });
  }

  async #errorOf(cause: Cause): Promise<unknown> {
    if ("error" in cause) return cause.error;
    return refusal(this.#request.method, this.#request.url, cause.response);
  }
}

async function unlessSilent(work: () => Promise<CourseEvent>): Promise<CourseEvent> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NoSignOfLife) return { kind: "silent", error: error.cause };
    throw error;
  }
}

function setbackFor(error: unknown, askedMs: number): Setback {
  return error instanceof ConnectionError
    ? setbackOf(error, askedMs)
    : { kind: "answer", cause: error, askedMs };
}
