/** Follows an operation at the place that its server named, to its end. */
import { ConnectionError } from "../../error/connection-error.ts";
import { HttpError } from "../../error/http-error.ts";
import {
  isForLater,
  isPassing,
  notReady,
  retryAfterMs,
  type Setback,
  setbackOf,
} from "../../repeat/setback.ts";
import { abandon } from "../../send/received-content.ts";
import type { InterimResponse } from "../../send/send.ts";
import { EventParser, readEvents } from "../../status/event-stream.ts";
import { type MonitorKind, readMonitor } from "../../status/monitor.ts";
import { ownReference } from "../../status/own-reference.ts";
import { refusal } from "../../status/refusal.ts";
import { readResults, readStatusDocument } from "../../status/status-document.ts";
import type { LongWait } from "../long-wait.ts";
import type { Ending } from "./ending.ts";
import { Vigil } from "./vigil.ts";

/**
 * @throws {HttpError} where the server refuses to tell (401, 403, ...)
 * @throws {NoSignOfLife}
 */
export function follow(wait: LongWait, url: URL, expected: MonitorKind): Promise<Ending> {
  return new Following(wait, url, expected).toItsEnd();
}

/**
 * How to ask. By "events" the server may answer with an event stream, with 102s and then the document, or with the
 * document as it is: whichever it has. A hop that loses such answers gets a question that is easier to bear.
 */
type Manner = "events" | "document" | "poll";

const nextManner: Readonly<Record<Manner, Manner>> = { events: "document", document: "poll", poll: "events" };

/** After so many exchanges in one manner that told nothing, the next one is tried. */
const mostMute = 2;

/** Milliseconds between two looks at a document whose server does not say how long: at first, and at most. */
const firstPollMs = 1_000;
const longestPollMs = 10_000;

/** Most redirections from the place that the server named. */
const mostRedirections = 10;

type Step =
  | { readonly kind: "ending"; readonly ending: Ending }
  | { readonly kind: "again"; readonly afterMs: number }
  | { readonly kind: "setback"; readonly setback: Setback };

class Following {
  readonly #wait: LongWait;
  #url: URL;
  #expected: MonitorKind;
  #manner: Manner = "events";
  #lastEventId = "";
  #redirections = 0;
  #pollMs = firstPollMs;
  /** Whether anything told of an operation. */
  #monitored = false;
  /** Whether the present exchange told anything. */
  #heard = false;
  /** Exchanges in this manner, one after the other, that were lost before they told anything. */
  #mute = 0;

  constructor(wait: LongWait, url: URL, expected: MonitorKind) {
    this.#wait = wait;
    this.#url = url;
    this.#expected = expected;
  }

  async toItsEnd(): Promise<Ending> {
    for (;;) {
      const step = await this.#ask();
      if (step.kind === "ending") return step.ending;
      if (step.kind === "again") {
        if (step.afterMs > 0) await this.#wait.pause(step.afterMs);
      } else await this.#wait.comeBack(step.setback);
    }
  }

  async #ask(): Promise<Step> {
    this.#heard = false;
    const vigil = new Vigil(this.#wait);
    try {
      const question = {
        headers: this.#question(),
        signal: vigil.signal,
        onInterim: ({ headers }: InterimResponse) => {
          vigil.heard();
          this.#hear();
          this.#monitored = true;
          this.#wait.report.interim(headers);
        },
      };
      // A result may be made only now, and take long.
      const response = await (this.#expected === "anything"
        ? this.#wait.send(this.#url, question)
        : this.#wait.ask(this.#url, question));
      return await this.#read(response, vigil);
    } catch (error) {
      if (!isPassing(error) || !this.#wait.met) throw error;
      if (error.interims > 0) this.#wait.context.memory.interimsBreak = true;
      if (error.mayHaveArrived) this.#missed();
      return { kind: "setback", setback: setbackOf(error) };
    } finally {
      vigil.over();
    }
  }

  #question(): Headers {
    const headers = new Headers(this.#wait.identity);
    const json = "application/json, */*;q=0.1";
    headers.set(
      "Accept",
      this.#manner === "events" ? `text/event-stream, ${json.replace(",", ";q=0.5,")}` : json,
    );
    const { memory, hidesInterims } = this.#wait.context;
    const bearsInterims = !memory.interimsBreak && hidesInterims !== true;
    if (this.#manner !== "poll" && bearsInterims) headers.set("Prefer", "processing");
    if (this.#manner === "events" && this.#lastEventId !== "")
      headers.set("Last-Event-ID", this.#lastEventId);
    return headers;
  }

  async #read(response: Response, vigil: Vigil): Promise<Step> {
    const { status } = response;
    const url = this.#url;
    if (status === 404 || status === 410) {
      return ending({ kind: "gone", cause: await refusal("GET", url, response) });
    }
    const isFailure = status >= 400;
    if (isForLater(response) || (status >= 500 && this.#expected === "document")) {
      // A hop that does not wait as long as we do, or that interim responses break.
      if (status === 502 || status === 504) this.#missed();
      return { kind: "setback", setback: notReady(response, await refusal("GET", url, response)) };
    }
    const isRefused = status === 401 || status === 403 || status === 407 || status === 429;
    if (isRefused || (isFailure && this.#expected === "document")) throw await refusal("GET", url, response);
    if (status >= 300 && status < 400) return this.#redirected(response);
    if (isEventStream(response) && response.body !== null) return this.#readEvents(response.body, vigil);
    return this.#readState(response);
  }

  #redirected(response: Response): Step {
    const next = ownReference(response.headers.get("location"), this.#url);
    this.#redirections += 1;
    if (next === undefined || this.#redirections > mostRedirections) return this.#result(response);
    abandon(response);
    this.#monitored = true;
    this.#url = next;
    return { kind: "again", afterMs: 0 };
  }

  async #readEvents(content: ReadableStream<Uint8Array>, vigil: Vigil): Promise<Step> {
    const parser = new EventParser();
    for await (const event of readEvents(content, parser, () => vigil.heard())) {
      this.#hear();
      this.#monitored = true;
      this.#lastEventId = event.id;
      if (event.event === "result") this.#wait.report.members(readResults(event.data));
      const document = readStatusDocument(event.data);
      if (document === undefined) continue;
      this.#wait.report.document(document);
      if (document.outcome) return ending({ kind: "document", document, url: this.#url });
    }
    this.#missed();
    const cause = new ConnectionError("lost", "the event stream ended before the operation did", {
      mayHaveArrived: true,
    });
    return { kind: "setback", setback: setbackOf(cause, parser.retryMs) };
  }

  async #readState(response: Response): Promise<Step> {
    const state = await readMonitor(response, this.#expected);
    this.#hear();
    switch (state.kind) {
      case "result":
        return this.#result(state.response);
      case "cancelled":
        return ending({ kind: "cancelled" });
      case "elsewhere":
        this.#expected = "anything";
        return this.#goTo(state.reference, 0);
      case "pending":
        return this.#goTo(state.reference, this.#pauseMs(response));
      case "document":
        this.#expected = "document";
        this.#wait.report.document(state.document);
        if (state.document.outcome) {
          return ending({ kind: "document", document: state.document, url: this.#url });
        }
        return { kind: "again", afterMs: this.#pauseMs(response) };
    }
  }

  #result(response: Response): Step {
    if (this.#expected !== "document") {
      return ending({ kind: "response", response, monitored: this.#monitored });
    }
    return ending({ kind: "gone", cause: noStatusDocument(this.#url, response) });
  }

  #goTo(reference: string | undefined, afterMs: number): Step {
    this.#monitored = true;
    this.#url = ownReference(reference, this.#url) ?? this.#url;
    return { kind: "again", afterMs };
  }

  /** As long as the server says; else a little longer each time. */
  #pauseMs({ headers }: Response): number {
    const ms = retryAfterMs(headers) ?? this.#pollMs;
    this.#pollMs = Math.min(this.#pollMs * 1.5, longestPollMs);
    return Math.max(ms, leastPollMs);
  }

  /** What brings nothing, twice, may not come through in this manner. */
  #missed(): void {
    if (this.#heard) return;
    this.#mute += 1;
    if (this.#mute < mostMute) return;
    this.#mute = 0;
    this.#manner = nextManner[this.#manner];
  }

  #hear(): void {
    this.#heard = true;
    this.#mute = 0;
    this.#wait.alive();
  }
}

/** `Retry-After: 0` is no reason to ask without a pause. */
const leastPollMs = 100;

/** What to say where something else is. Leaves the response's content. */
export function noStatusDocument(url: URL, response: Response): HttpError {
  const { status, headers } = response;
  abandon(response);
  return new HttpError({ method: "GET", url, status, headers, detail: "there is no status document" });
}

function ending(how: Ending): Step {
  return { kind: "ending", ending: how };
}

function isEventStream({ ok, headers }: Response): boolean {
  return ok && /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
}
