/** The text of final responses, within limits. */
import { piecesOf } from "../../send/received-content.ts";
import { contentFields } from "./content-fields.ts";

/**
 * Reads at most `limit` bytes of text, in UTF-8 or as its `charset` says.
 *
 * @returns what came until the limit; nobody waits for the rest
 */
export async function readText(response: Response, limit: number): Promise<string> {
  let text = "";
  let bytes = 0;
  const decoder = new XmlDecoder(contentFields(response).contentType);
  for await (const piece of piecesOf(response)) {
    text += decoder.decode(piece.subarray(0, limit - bytes));
    bytes += piece.length;
    if (bytes >= limit) break;
  }
  return text + decoder.end();
}

/**
 * Decodes text as it comes: by its byte order mark, else by the `charset` of its Content-Type, else by its XML
 * declaration, else as UTF-8 (RFC 7303 §3). What is wrong in it becomes U+FFFD: one bad name must not hide the others.
 */
export class XmlDecoder {
  readonly #charset: string | undefined;
  #decoder: Decoder | undefined;
  #head = new Uint8Array(0);

  constructor(contentType: string | undefined) {
    const value = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? "")?.[1];
    this.#charset = value;
  }

  decode(piece: Uint8Array): string {
    if (this.#decoder !== undefined) return this.#decoder.decode(piece, { stream: true });
    const head = new Uint8Array(this.#head.length + piece.length);
    head.set(this.#head);
    head.set(piece, this.#head.length);
    this.#head = head;
    if (head.length < sniffed && !head.includes(greaterThan)) return "";
    return this.#start().decode(head, { stream: true });
  }

  end(): string {
    if (this.#decoder !== undefined) return this.#decoder.decode();
    return this.#start().decode(this.#head);
  }

  #start(): Decoder {
    const decoder = decoderFor(markOf(this.#head) ?? this.#charset ?? declaredIn(this.#head) ?? "utf-8");
    this.#decoder = decoder;
    return decoder;
  }
}

type Decoder = InstanceType<typeof TextDecoder>;

function decoderFor(label: string): Decoder {
  try {
    return new TextDecoder(label);
  } catch {
    // An encoding that nobody knows: most of it will be ASCII.
    return new TextDecoder("utf-8");
  }
}

function markOf(head: Uint8Array): string | undefined {
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? "utf-8" : undefined;
}

function declaredIn(head: Uint8Array): string | undefined {
  if (head[0] === 0x3c && head[1] === 0) return "utf-16le";
  if (head[0] === 0 && head[1] === 0x3c) return "utf-16be";
  const ascii = String.fromCharCode(...head.subarray(0, sniffed));
  return /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(ascii)?.[1];
}

/** An XML declaration is shorter. */
const sniffed = 256;
const greaterThan = 0x3e;
