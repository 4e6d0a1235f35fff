/** What a long request consists of, and what it is made in. */
import type { Surroundings } from "../repeat/surroundings.ts";
import type { Patience, RequestContent, Send, SendOptions } from "../send/send.ts";
import type { LongRequest } from "./long-request.ts";
import type { ServerMemory } from "./server-memory.ts";

/** What the long requests of one client to one origin have in common. */
export interface LongRequestContext {
  /** Credentials are its own business. */
  readonly send: Send;
  readonly memory: ServerMemory;
  readonly surroundings: Surroundings;
  /**
   * What sends hides interim responses, and does not tell a lost connection from one that never was, as `fetch` does. Then
   * the server is asked whether it keeps answers before the first unsafe request, which prefers a 202 if it does. Default:
   * no.
   */
  readonly hidesInterims?: boolean;
  /** How long to try to come back while there is no sign of life, in milliseconds. Default: 15 minutes. */
  readonly comebackMs?: number;
}

/** What the server has of an upload, none of which is in place. */
export interface UnfinishedUpload {
  readonly url: URL;
  /** Fields of the request that ends it. */
  readonly headers: Readonly<Record<string, string>>;
  /** A later program does not go on with it. */
  forget(): Promise<void>;
}

/** What an upload is sent by. */
export interface UploadExchange {
  /** The fields of the request that it stands for. */
  readonly headers: Headers;
  /** One exchange, with what is left of the patience. @throws {ConnectionError} where there is no final response */
  send(url: URL, options: Omit<SendOptions, keyof Patience>): Promise<Response>;
  /** The same, where the server may work for long: what it tells meanwhile is taken notice of. */
  long(url: URL, options: Omit<SendOptions, keyof Patience>): Promise<Response>;
  /** So many bytes of the content, counted from its beginning, are on their way now. */
  onSent(bytes: number): void;
  /** So many bytes of the content are there already. */
  resumed(bytes: number): void;
  /** More is there than ever before: trying begins anew. */
  alive(): void;
  /** From now on whoever cancels the request ends this upload; undefined: nobody does any more, it may be in place. */
  unfinished(upload: UnfinishedUpload | undefined): void;
  /**
   * Waits before the next try.
   * @throws the error, where another try would do no better, or there were too many
   */
  comeBack(error: unknown): Promise<void>;
}

/**
 * Sends the content, as often as need be.
 * @returns the final response to the request that it stands for; undefined where the server does not take it so
 */
export type UploadWay = (exchange: UploadExchange) => Promise<Response | undefined>;

/** A request that may take long, and how to read its end. */
export interface LongRequestPlan<Outcome> extends Patience {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly content?: RequestContent;
  readonly idempotencyKey?: string;
  readonly repeat?: boolean;
  /** Tried after a lost connection before the request is sent again, if the server is not known to keep its answer. */
  readonly resume?: ResumeUpload;
  /** Another way for the content than in one request, where the server takes it. */
  readonly upload?: UploadWay;
  /** Makes the outcome of a final response, whatever its status; throws what the outcome shall reject with. */
  read(response: Response): Promise<Outcome>;
}

/**
 * Starts it at once.
 *
 * @throws {TypeError} `ERR_IDEMPOTENCY_KEY` for a key that cannot be one
 */
export type StartLongRequest = <Outcome>(
  context: LongRequestContext,
  plan: LongRequestPlan<Outcome>,
) => LongRequest<Outcome>;

/** An upload whose connection was lost. */
export interface LostUpload {
  /** Bytes of the content that were sent at most, so no more of ours can have arrived. */
  readonly sent: number;
  /**
   * One exchange, with what is left of the patience.
   *
   * @throws {ConnectionError} where there is no final response
   */
  send(url: URL, options: Omit<SendOptions, keyof Patience>): Promise<Response>;
  /** So many bytes of the content, counted from its beginning, are on their way now. */
  onSent(bytes: number): void;
  /** More was achieved than ever before: trying begins anew. */
  alive(): void;
}

/**
 * Looks at what is there, and sends the rest.
 *
 * @returns the final response; undefined where nothing is there that could be gone on with
 * @throws {ConnectionError} where that was lost, too, and another look may find more
 */
export type ResumeUpload = (lost: LostUpload) => Promise<Response | undefined>;
