import { connect } from "node:net";

/** What a server sent back on one connection. */
export interface RawAnswer {
  /** Of the first final response; 0 where there was none. */
  readonly status: number;
  /** Its status line and fields, in Latin-1. */
  readonly head: string;
  /** What followed, in UTF-8, framing and further responses included. */
  readonly body: string;
}

export interface RawOptions {
  /** Whether the client closes its side after its last byte, as one that is cut off does. */
  readonly cut?: boolean;
  /** After which the connection is broken off; default 10 s. */
  readonly timeoutMs?: number;
}

/**
 * Sends bytes as they are on a fresh connection to 127.0.0.1, and reads until the server closes it. The request
 * should say `Connection: close`.
 */
export function sendRaw(
  port: number,
  bytes: string | Buffer | readonly (string | Buffer)[],
  options: RawOptions = {},
): Promise<RawAnswer> {
  const parts = Array.isArray(bytes) ? bytes : [bytes];
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => {
      for (const part of parts) {
        socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part);
      }
      if (options.cut === true) {
        socket.end();
      }
    });
    socket.setTimeout(options.timeoutMs ?? 10_000, () => {
      socket.destroy(
        new Error(`no end of the answer: ${Buffer.concat(received).toString("latin1").slice(0, 500)}`),
      );
    });
    socket.on("data", (chunk) => received.push(chunk));
    let failure: Error | undefined;
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // A server that has answered need not read the rest of what it refuses.
      failure = error.code === "ECONNRESET" || error.code === "EPIPE" ? undefined : error;
    });
    socket.on("close", () => {
      if (failure !== undefined) {
        reject(failure);
      } else {
        resolve(parseAnswer(Buffer.concat(received)));
      }
    });
  });
}

/** A request with its fields, as bytes. Content is framed by Content-Length, unless `fields` says how. */
export function request(
  method: string,
  target: string,
  fields: readonly string[] = [],
  content: string | Buffer = "",
): Buffer {
  const body = Buffer.from(content);
  const framed = fields.some((line) => /^(content-length|transfer-encoding):/i.test(line));
  const length = body.length === 0 || framed ? [] : [`Content-Length: ${body.length}`];
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: close",
    ...length,
    ...fields,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}

function parseAnswer(bytes: Buffer): RawAnswer {
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) {
      return { status: 0, head: "", body: rest.toString("utf8") };
    }
    const head = rest.subarray(0, end).toString("latin1");
    rest = rest.subarray(end + 4);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
    if (status === 0 || status >= 200) {
      return { status, head, body: rest.toString("utf8") };
    }
  }
}
