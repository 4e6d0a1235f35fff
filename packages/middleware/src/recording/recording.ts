/** Takes what a handler writes: keeps it as the outcome, and passes it on to the one who waits. */
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import type { Outcome } from "@meanwhile/operations";
import type { FacadeSink } from "./facade-socket.ts";
import { describesCoding, isSecret, keptFields } from "./response-fields.ts";
import { type FieldLine, type ResponseHead, ResponseReader } from "./response-reader.ts";

/** One who hears the response while it is written. */
export interface RecordingListener {
  /** A response with status 1xx that the handler sent before its final one. */
  interim(head: ResponseHead): void;
  head(head: ResponseHead): void;
  content(chunk: Buffer): void;
  trailers(fields: readonly FieldLine[]): void;
  /** Calls back when more may come. */
  whenReady(done: () => void): void;
  /** The whole response was written. */
  complete(): void;
  /** The handler broke it off, with an error or without. */
  brokenOff(error: Error | undefined): void;
}

export interface RecordingOptions {
  readonly listener: RecordingListener;
  /** Whether the handler has written its final head. */
  readonly isFinal: () => boolean;
  /** Whether the handler has ended its response. */
  readonly isEnded: () => boolean;
  /** How many bytes of content may be held now; what is longer is recorded without its content. */
  readonly limit: () => number;
  /** Whether what was recorded answers a repetition of the request, see {@link Outcome.runsAnew}. */
  readonly keeps: (outcome: Outcome) => boolean;
  /** Fields, in lower case, that make a response secret, beside those that do so anyway. */
  readonly secretFields: ReadonlySet<string>;
}

/** What a handler's response writes becomes an outcome; a listener gets its parts as they come. */
export class Recording implements FacadeSink {
  /** Resolves with the whole response, or with what it was settled with. */
  readonly outcome: Promise<Outcome>;
  readonly #options: RecordingOptions;
  readonly #reader: ResponseReader;
  #resolve: (outcome: Outcome | Promise<Outcome>) => void = () => undefined;
  #state: "writing" | "complete" | "settled" = "writing";
  /** Why what was written is no response. A stream whose write has failed still writes what it has buffered. */
  #malformed: Error | undefined;
  #head: ResponseHead | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #truncated = false;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#reader = new ResponseReader({
      head: (head) => this.#takeHead(head),
      content: (chunk) => this.#takeContent(chunk),
      trailers: (fields) => options.listener.trailers(fields),
    });
  }

  /** The final head was written. */
  get begun(): boolean {
    return this.#head !== undefined;
  }

  /** The whole response was written by its handler. */
  get isComplete(): boolean {
    return this.#state === "complete";
  }

  write(bytes: Buffer, done: (error?: Error) => void): void {
    if (this.#state !== "writing") {
      done();
      return;
    }
    try {
      if (this.#malformed === undefined) this.#reader.write(bytes);
    } catch (error) {
      this.#malformed = error as Error;
    }
    if (this.#malformed) done(this.#malformed);
    else this.#options.listener.whenReady(done);
  }

  /** The handler's response was written whole. */
  #finish(): void {
    if (this.#state !== "writing" || this.#head === undefined || this.#malformed) return;
    this.#state = "complete";
    this.#options.listener.complete();
    this.#resolve(this.#judged(this.#head));
  }

  closed(error: Error | undefined, isAllGiven: boolean, isEnded: boolean): void {
    // What was written whole is the answer, as on a connection of Node's, whatever is destroyed after that.
    if (isAllGiven && (this.#options.isEnded() || this.#reader.isWhole(isEnded))) this.#finish();
    if (this.#state === "writing") this.#options.listener.brokenOff(error);
  }

  /** Ends it with another outcome than what the handler writes, which is ignored from now on. */
  settle(outcome: Outcome): void {
    if (this.#state !== "writing") return;
    this.#state = "settled";
    this.#chunks = [];
    this.#resolve(outcome);
  }

  #takeHead(head: ResponseHead): boolean {
    if (head.status < 200 && !this.#options.isFinal()) {
      this.#options.listener.interim(head);
      return false;
    }
    this.#head = head;
    this.#options.listener.head(head);
    return true;
  }

  #takeContent(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (!this.#truncated) {
      if (this.#bytes > this.#options.limit()) {
        this.#truncated = true;
        this.#chunks = [];
      } else this.#chunks.push(chunk);
    }
    this.#options.listener.content(chunk);
  }

  async #judged(head: ResponseHead): Promise<Outcome> {
    const recorded = await this.#record(head);
    const outcome: Outcome = isSecret(head.fields, this.#options.secretFields)
      ? { ...recorded, secret: true }
      : recorded;
    return this.#options.keeps(outcome) ? outcome : { ...outcome, runsAnew: true };
  }

  async #record({ status, fields: lines }: ResponseHead): Promise<Outcome> {
    const fields = keptFields(lines);
    if (this.#truncated) return { status, fields, content: "", truncated: true };
    const content = Buffer.concat(this.#chunks);
    this.#chunks = [];
    const coding = lines.find(([name]) => name.toLowerCase() === "content-encoding")?.[1];
    if (coding === undefined || content.length === 0) return { status, fields, content };
    const plain = await decoded(coding, content, this.#options.limit());
    if (plain === undefined) return { status, fields, content };
    const uncoded = Object.entries(fields).filter(([name, value]) => !describesCoding(name, value));
    return { status, fields: Object.fromEntries(uncoded), content: plain };
  }
}

const decoders = new Map([
  ["gzip", promisify(gunzip)],
  ["x-gzip", promisify(gunzip)],
  ["deflate", promisify(inflate)],
  ["br", promisify(brotliDecompress)],
]);

/**
 * Takes the content coding off what was recorded: whoever gets it later may not accept that coding.
 *
 * @returns undefined where it is longer than `limit` bytes, not of this coding, or the coding is not known
 */
async function decoded(coding: string, content: Uint8Array, limit: number): Promise<Buffer | undefined> {
  const decode = decoders.get(coding.trim().toLowerCase());
  if (decode === undefined) return undefined;
  try {
    return await decode(content, { maxOutputLength: Math.max(1, limit) });
  } catch {
    // Not of this coding, or too long: it is kept as it is, and says which coding it has.
    return undefined;
  }
}
