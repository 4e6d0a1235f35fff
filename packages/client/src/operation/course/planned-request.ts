/** The request that a long request begins with, as it is sent once or again. */
import { nothingArrived } from "../../repeat/setback.ts";
import { isSafe } from "../../send/outgoing.ts";
import type { Patience, RequestContent, SendOptions } from "../../send/send.ts";
import { ownReference, statusLink } from "../../status/own-reference.ts";
import { Glances } from "../following/glances.ts";
import { Vigil } from "../following/vigil.ts";
import type { LongRequestPlan, ResumeUpload, UploadWay } from "../long-request-plan.ts";
import type { LongWait } from "../long-wait.ts";
import { formatIdempotencyKey } from "./idempotency-key.ts";
import { identityOf, prefer } from "./request-fields.ts";
import { resumeUpload } from "./resume-upload.ts";
import { uploadExchange } from "./upload-way.ts";

/** A long request as it is sent, and sent again, with the same key. */
export class PlannedRequest {
  readonly method: string;
  readonly url: URL;
  readonly safe: boolean;
  /** Whether the caller lets it be sent again to any server. */
  readonly mayRepeat: boolean;
  /** Whether its content can be sent again, if it has any. */
  readonly repeatable: boolean;
  readonly #headers: Headers;
  readonly #content: RequestContent | undefined;
  readonly #total: number | undefined;
  readonly #resume: ResumeUpload | undefined;
  readonly #upload: UploadWay | undefined;
  readonly #newKey: () => string;
  #sentBefore = false;
  /** Bytes of the content that were ever sent, counted from its beginning. */
  #mostSent = 0;

  /** @throws {TypeError} `ERR_IDEMPOTENCY_KEY` */
  constructor(plan: LongRequestPlan<unknown>, newKey: () => string) {
    this.method = plan.method;
    this.url = plan.url;
    this.safe = isSafe(plan.method);
    this.mayRepeat = plan.repeat === true;
    this.repeatable = !(plan.content instanceof ReadableStream);
    this.#headers = new Headers(plan.headers);
    this.#content = plan.content;
    this.#total = lengthOf(plan.content);
    this.#resume = plan.resume;
    this.#upload = plan.upload;
    this.#newKey = newKey;
    if (plan.idempotencyKey !== undefined) this.#setKey(plan.idempotencyKey);
    else if (!this.safe && !this.#headers.has("idempotency-key")) this.#setKey(newKey());
  }

  /** What it begins with: to send its content, or, without content, to wait for the server. */
  get stage(): "sending" | "processing" {
    return this.#content === undefined ? "processing" : "sending";
  }

  /** Its fields without those that are about this request alone: later requests about the operation carry them, too. */
  get identity(): Headers {
    return identityOf(this.#headers);
  }

  /**
   * Whether doing it once more, after it was done or half done, leaves what doing it once leaves: it says all that is
   * to be there, and names no state that it expects (RFC 9110 §9.2.2).
   */
  get repeatsItself(): boolean {
    const headers = this.#headers;
    const isConditional = ["if-match", "if-none-match", "if-unmodified-since"].some((name) =>
      headers.has(name),
    );
    const replaces = headers.get("overwrite")?.toUpperCase() !== "F";
    return !isConditional && replaces && (this.method === "PUT" || this.method === "COPY");
  }

  /** From now on it is another request to the server. */
  renewKey(): void {
    this.#setKey(this.#newKey());
  }

  /** One exchange. What the server tells before its final response is taken notice of. */
  async send(wait: LongWait): Promise<Response> {
    const { memory, hidesInterims = false } = wait.context;
    const headers = new Headers(this.#headers);
    const operations = hidesInterims && !this.safe ? await findOperations(wait) : memory.hasOperations;
    const interimsBreak = hidesInterims || memory.interimsBreak;
    const circumstances = { safe: this.safe, again: this.#sentBefore };
    const preference = prefer(
      headers.get("prefer"),
      { interimsBreak, hasOperations: operations },
      circumstances,
    );
    if (preference !== undefined) headers.set("Prefer", preference);
    this.#sentBefore = true;
    const content = this.#content;
    const onSent = (bytes: number): void => this.#noteSent(wait, bytes);
    const uploaded =
      this.#upload === undefined
        ? undefined
        : await this.#upload(
            uploadExchange(wait, {
              headers,
              onSent,
              resumed: (bytes) => wait.report.resumed(bytes, this.#total),
              long: (url, options) => this.#exchange(wait, url, options),
            }),
          );
    const whole = { method: this.method, headers, ...(content === undefined ? {} : { content, onSent }) };
    const response = uploaded ?? (await this.#exchange(wait, this.url, whole));
    wait.url ??= statusLink(response.headers, this.url);
    if (!this.safe) memory.learnAnswer(this, response);
    return response;
  }

  #exchange(wait: LongWait, url: URL, options: Omit<SendOptions, keyof Patience>): Promise<Response> {
    const vigil = new Vigil(wait);
    const glances = new Glances(wait, vigil.resting);
    const exchange = wait.send(url, {
      ...options,
      signal: vigil.signal,
      onInterim: (interim) => {
        vigil.heard();
        wait.alive();
        if (interim.status === 102) wait.url ??= ownReference(interim.headers.get("location"), this.url);
        wait.report.interim(interim.headers);
        glances.heard();
      },
    });
    return exchange.finally(() => vigil.over());
  }

  /**
   * Goes on with the content after a lost connection.
   *
   * @returns undefined where that cannot be
   * @throws {NoSignOfLife}
   */
  async resume(wait: LongWait, loss: unknown): Promise<Response | undefined> {
    if (this.#resume === undefined) return undefined;
    return resumeUpload(wait, this.#resume, loss, {
      most: () => this.#mostSent,
      note: (bytes) => this.#noteSent(wait, bytes),
    });
  }

  #noteSent(wait: LongWait, bytes: number): void {
    this.#mostSent = Math.max(this.#mostSent, bytes);
    wait.report.sent(bytes, this.#total);
  }

  #setKey(key: string): void {
    this.#headers.set("Idempotency-Key", formatIdempotencyKey(key));
  }
}

/** Asks before anything is sent: if there is no answer, nothing has arrived. */
async function findOperations({ context, signal }: LongWait): Promise<boolean> {
  try {
    return await context.memory.findOperations(signal);
  } catch (cause) {
    throw nothingArrived(cause);
  }
}

function lengthOf(content: RequestContent | undefined): number | undefined {
  if (typeof content === "string") return new TextEncoder().encode(content).byteLength;
  if (content instanceof Uint8Array) return content.byteLength;
  if (content instanceof Blob) return content.size;
  return content !== undefined && "length" in content ? content.length : undefined;
}
