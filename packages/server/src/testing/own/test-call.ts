/** One request over HTTP/1.1 or HTTP/2, on a connection of its own, which a test can break off where it likes. */
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { requestBytes, WireClient } from "./wire-client.ts";

export type Over = "http" | "http2";

/** What a test that knows nothing of the protocol runs over; the soak tries both. */
export const overs: readonly Over[] = process.env["MEANWHILE_SOAK"] === "1" ? ["http", "http2"] : ["http"];

export interface CallHead {
  readonly status: number;
  field(name: string): string | undefined;
}

export interface CallAnswer extends CallHead {
  readonly interims: readonly CallHead[];
  readonly body: string;
}

export interface TestCall {
  /** Sends more of the content; `last` ends it. Only where the call was opened with content "by parts". */
  send(content: string, last?: boolean): void;
  /** The next interim response. */
  interim(): Promise<CallHead>;
  /** The final response, once it is whole. */
  answer(): Promise<CallAnswer>;
  /** Resets: the connection on HTTP/1.1, the stream on HTTP/2. */
  reset(): void;
  /** Resets the connection, on HTTP/2 too. */
  resetConnection(): void;
}

export interface CallOptions {
  readonly fields?: Readonly<Record<string, string>>;
  /** "by parts": the test sends it by {@link TestCall.send}. */
  readonly content?: string | { readonly byParts: number };
}

export interface Caller {
  call(method: string, target: string, options?: CallOptions): TestCall;
  close(): void;
}

/** Makes calls to a server on this machine. */
export function caller(over: Over, port: number): Caller {
  const ends = new Set<() => void>();
  return {
    call(method, target, options = {}) {
      const [call, end] =
        over === "http" ? callHttp1(port, method, target, options) : callHttp2(port, method, target, options);
      ends.add(end);
      return call;
    },
    close() {
      for (const end of ends) end();
      ends.clear();
    },
  };
}

type Opened = readonly [call: TestCall, end: () => void];

function callHttp1(port: number, method: string, target: string, { fields, content }: CallOptions): Opened {
  const client = new WireClient(port);
  const interims: CallHead[] = [];
  if (typeof content === "object") {
    const length = { "Content-Length": String(content.byParts) };
    client.send(requestBytes(method, target, { ...fields, ...length }));
  } else client.send(requestBytes(method, target, fields, content));
  const reset = (): void => {
    client.socket.resetAndDestroy();
  };
  const call: TestCall = {
    send: (part) => client.send(part),
    async interim() {
      const head = await client.head();
      if (head.status >= 200) throw new Error(`a final response came: ${head.status}`);
      interims.push(head);
      return head;
    },
    async answer() {
      const response = await client.response(method);
      return { ...response, interims: [...interims, ...response.interims] };
    },
    reset,
    resetConnection: reset,
  };
  return [call, () => client.socket.destroy()];
}

function callHttp2(port: number, method: string, target: string, { fields, content }: CallOptions): Opened {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  const lower = Object.entries(fields ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const stream = session.request(
    { ":method": method, ":path": target, ":authority": "files.example", ...Object.fromEntries(lower) },
    { endStream: content === undefined },
  );
  stream.on("error", () => undefined);
  if (typeof content === "string") stream.end(content);
  return [callOnStream(session, stream), () => session.destroy()];
}

function callOnStream(session: ClientHttp2Session, stream: ClientHttp2Stream): TestCall {
  const interims: CallHead[] = [];
  let taken = 0;
  const finals: CallHead[] = [];
  let body = "";
  let wake: () => void = () => undefined;
  let over = false;
  stream.on("headers", (headers) => {
    interims.push(headOf(headers));
    wake();
  });
  stream.on("response", (headers) => {
    finals.push(headOf(headers));
    wake();
  });
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    body += chunk;
  });
  stream.on("close", () => {
    over = true;
    wake();
  });
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) {
      if (over) throw new Error(`the stream ended with ${stream.rstCode}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    send(part, last = false) {
      if (last) stream.end(part);
      else stream.write(part);
    },
    async interim() {
      await until(() => interims.length > taken);
      const next = interims[taken];
      taken += 1;
      if (!next) throw new Error("no interim response");
      return next;
    },
    async answer() {
      if (!over) await once(stream, "close");
      const [final] = finals;
      if (!final) throw new Error(`the stream ended with ${stream.rstCode}`);
      return { ...final, interims, body };
    },
    reset: () => stream.close(constants.NGHTTP2_CANCEL),
    resetConnection: () => session.socket.resetAndDestroy(),
  };
}

function headOf(headers: Readonly<Record<string, unknown>>): CallHead {
  return {
    status: Number(headers[":status"]),
    field(name) {
      const value = headers[name.toLowerCase()];
      return value === undefined ? undefined : String(value);
    },
  };
}
