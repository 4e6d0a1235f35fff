/**
 * Passes a response on to the one who waits for it, as it is written.
 *
 *     holding ──▶ flowing ──▶ over
 *        └───────────┴──────────▲
 *
 * What is written in one go is held until it may be told: an outcome is recorded before anybody hears of it. What
 * takes longer flows at once, but for its end.
 */
import type { OutgoingHttpHeaders } from "node:http";
import { Http2ServerResponse } from "node:http2";
import type { AnyResponse, Exchange } from "@meanwhile/interim";
import { breakOff } from "./break-off.ts";
import { asksToClose, passedFields } from "./response-fields.ts";
import type { FieldLine, ResponseHead } from "./response-reader.ts";

/** Content of a response that is held, in bytes; more of it flows. */
const heldBytes = 64 * 1024;

/** Passes a recorded response on to its exchange as it comes, at the pace of the client. */
export class Delivery {
  readonly #exchange: Exchange;
  readonly #more: () => readonly FieldLine[];
  readonly #warn: (message: string) => void;
  #state: "holding" | "flowing" | "over" = "holding";
  #head: ResponseHead | undefined;
  #held: Buffer[] = [];
  #bytes = 0;
  #trailers: FieldLine[] = [];
  #waiting: (() => void) | undefined;
  #complete = false;
  /** It takes no more until it says "drain". What `write` returns tells, not `writableNeedDrain`: injected responses have no connection that drains. */
  #full = false;

  /** @param more fields to add, asked for when the head is sent */
  constructor(exchange: Exchange, more: () => readonly FieldLine[], warn: (message: string) => void) {
    this.#exchange = exchange;
    this.#more = more;
    this.#warn = warn;
  }

  /** Nothing was sent, and nothing is about to be. */
  get isUntouched(): boolean {
    return this.#state === "holding" && this.#head === undefined;
  }

  /** The head is on its way. */
  get isFlowing(): boolean {
    return this.#state === "flowing";
  }

  /** Whether nothing more is delivered. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  head(head: ResponseHead): void {
    if (this.#state !== "holding") return;
    this.#head = head;
    setImmediate(() => this.#flow());
  }

  content(chunk: Buffer): void {
    if (this.#state === "over") return;
    if (this.#state === "flowing") {
      this.#write(chunk);
      return;
    }
    this.#held.push(chunk);
    this.#bytes += chunk.length;
  }

  trailers(fields: readonly FieldLine[]): void {
    this.#trailers.push(...fields);
  }

  /** Calls back when more may come. */
  whenReady(done: () => void): void {
    if (this.#state === "holding" && this.#bytes > heldBytes) this.#flow();
    if (this.#state === "flowing" && this.#full) this.#waiting = done;
    else done();
  }

  /** The whole response was written: it is not passed on before {@link Delivery.end}. */
  complete(): void {
    if (this.#state === "holding" && this.#head !== undefined) this.#complete = true;
  }

  /** Passes on what is left, and ends the response. */
  end(): void {
    if (this.#state === "over") return;
    const { response } = this.#exchange;
    this.#try(() => {
      const held = this.#state === "holding" ? this.#sendHead() : [];
      for (const chunk of held) this.#write(chunk);
      if (this.#trailers.length > 0) response.addTrailers(trailersOf(this.#trailers, response));
      response.end();
      this.stop();
    });
  }

  /** Breaks it off. */
  breakOff(): void {
    if (this.#state === "over") return;
    this.stop();
    breakOff(this.#exchange.response);
  }

  /** From now on nothing is passed on, and nothing is held back. */
  stop(): void {
    this.#state = "over";
    this.#held = [];
    this.#ready();
  }

  #ready(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  #write(chunk: Buffer): void {
    const { response } = this.#exchange;
    if (write(response, chunk) || this.#full) return;
    this.#full = true;
    response.once("drain", () => {
      this.#full = false;
      this.#ready();
    });
  }

  #flow(): void {
    if (this.#state !== "holding" || this.#complete) return;
    this.#try(() => {
      const held = this.#sendHead();
      this.#state = "flowing";
      flushHead(this.#exchange.response);
      for (const chunk of held) this.#write(chunk);
    });
  }

  /** What node:http takes from a handler may be nothing that HTTP/2 can say, such as a status above 599. */
  #try(send: () => void): void {
    try {
      send();
    } catch (error) {
      this.#warn(`a response could not be sent: ${String(error)}`);
      this.breakOff();
    }
  }

  #sendHead(): readonly Buffer[] {
    const { response } = this.#exchange;
    const { status = 500, reason = "", fields = [] } = this.#head ?? {};
    response.statusCode = status;
    const passed = passedFields([...fields, ...this.#more()]);
    if (!passed.has("date")) response.sendDate = false;
    for (const [name, values] of passed.values()) {
      response.setHeader(name, values.length === 1 ? (values[0] ?? "") : values);
    }
    if (!(response instanceof Http2ServerResponse)) {
      response.statusMessage = reason;
      if (asksToClose(fields)) response.setHeader("Connection", "close");
    }
    const held = this.#held;
    this.#held = [];
    return held;
  }
}

/**
 * Several of one name as a list, which the types know nothing of; on HTTP/2 as one, for Node may refuse a list there
 * when nobody can catch it any more.
 */
function trailersOf(
  lines: readonly FieldLine[],
  response: AnyResponse,
): OutgoingHttpHeaders & NodeJS.Dict<string> {
  const trailers = [...passedFields(lines).values()].map(
    ([name, values]) => [name, response instanceof Http2ServerResponse ? values.join(", ") : values] as const,
  );
  return Object.fromEntries(trailers) as OutgoingHttpHeaders & NodeJS.Dict<string>;
}

/** Both have it, on HTTP/2 unknown to the types. */
function flushHead(response: AnyResponse): void {
  const flush: unknown = Reflect.get(response, "flushHeaders");
  if (typeof flush === "function") flush.call(response);
}

/** The two kinds of response have the same method, with overloads that TypeScript cannot join. */
function write(response: AnyResponse, chunk: Buffer): boolean {
  return response instanceof Http2ServerResponse ? response.write(chunk) : response.write(chunk);
}
