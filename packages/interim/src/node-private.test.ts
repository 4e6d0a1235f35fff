/** Whether what is private to Node is, on this version of it, what `node-private.ts` takes it for. */
import { createServer, type IncomingMessage, request, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Duplex, Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import {
  closeResponse,
  finishListener,
  guardClosed,
  ignoreContent,
  keepUnread,
  markUnread,
  responseOn,
  sentContinue,
  shareLast,
  takeOverConnection,
  tellDrained,
  writeInterim,
} from "./node-private.ts";

/** Runs `handle` on a server of node:http. @returns what the client got, in order */
async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  sent: { readonly content?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly interims: readonly string[]; readonly status: number; readonly text: string }> {
  const server = createServer(handle);
  server.on("checkContinue", handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return await new Promise((resolve, reject) => {
    const interims: string[] = [];
    const asked = request({ port, method: "POST", headers: sent.headers ?? {} }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => resolve({ interims, status: response.statusCode ?? 0, text }));
    });
    asked.on("information", ({ statusCode, rawHeaders }) =>
      interims.push([statusCode, ...rawHeaders].join(" ")),
    );
    asked.on("error", reject);
    asked.end(sent.content ?? "");
  });
}

/** A connection that nobody reads from until `pull`. */
class Slow extends Duplex {
  #taken: (() => void) | undefined;
  constructor() {
    super({ writableHighWaterMark: 1 });
  }
  override _write(_chunk: unknown, _encoding: string, taken: () => void): void {
    this.#taken = taken;
  }
  override _read(): void {}
  pull(): void {
    this.#taken?.();
  }
}

function responseTo(method = "GET"): ServerResponse {
  return new ServerResponse({
    method,
    headers: {},
    httpVersionMajor: 1,
    httpVersionMinor: 1,
  } as IncomingMessage);
}

test("an interim response is written before the final one", async () => {
  const lines = [
    ["Status-URI", "<a>"],
    ["Status-URI", "<b>"],
  ] as const;
  const { interims, status, text } = await serve((_request, response) => {
    expect(writeInterim(response, 102, "HTTP/1.1 102 Processing", lines)).toBe(true);
    response.end("done");
  });
  expect([interims, status, text]).toEqual([["102 Status-URI <a> Status-URI <b>"], 200, "done"]);
});

test("it is known whether 100 Continue was sent", async () => {
  const seen: boolean[] = [];
  await serve(
    (_request, response) => {
      seen.push(sentContinue(response));
      response.writeContinue();
      seen.push(sentContinue(response));
      response.end();
    },
    { content: "x", headers: { Expect: "100-continue" } },
  );
  expect(seen).toEqual([false, true]);
});

test("the response that is under way is that of its connection, until it ends", async () => {
  const seen: boolean[] = [];
  await serve(({ socket }, response) => {
    seen.push(responseOn(socket) === response);
    response.once("finish", () => seen.push(responseOn(socket) === undefined));
    response.end();
  });
  expect(seen).toEqual([true, true]);
});

test("content that is to be ignored is not sent", async () => {
  const { text } = await serve((_request, response) => {
    ignoreContent(response);
    response.writeHead(500, { "Content-Length": "0" });
    response.end("about something else");
  });
  expect(text).toBe("");
});

test("what nobody has read of a request can still be read when it is answered", async () => {
  const texts: Promise<string>[] = [];
  const read = async (request: IncomingMessage): Promise<string> => {
    let text = "";
    for await (const piece of request) text += String(piece);
    return text;
  };
  await serve(
    (request, response) => {
      keepUnread(request);
      response.end();
      response.once("close", () => texts.push(read(request)));
    },
    { content: "kept" },
  );
  await expect.poll(() => texts.length).toBe(1);
  expect(await texts[0]).toBe("kept");
});

test("a stream that was read of passes for one that was not", async () => {
  const stream = Readable.from(["a", "b"]);
  await new Promise((resolve) => stream.once("data", resolve));
  expect(Readable.isDisturbed(stream) && stream.readableDidRead).toBe(true);
  markUnread(stream);
  expect(stream.readableDidRead).toBe(false);
});

test("what Node's server does at the end of a response is found", async () => {
  const found: unknown[] = [];
  await serve((_request, response) => {
    found.push(finishListener(response));
    response.end();
  });
  expect(found).toEqual([expect.any(Function)]);
  expect(finishListener(responseTo())).toBeUndefined();
});

test("a response gets what Node has set on another for its connection", async () => {
  const names = ["_keepAliveTimeout", "_maxRequestsPerSocket", "_onPendingData"];
  const values: unknown[] = [];
  await serve((request, response) => {
    const to = new ServerResponse(request);
    response.shouldKeepAlive = false;
    takeOverConnection(to, response);
    for (const name of names) {
      // Node knows it by this name, and has set it.
      expect(name in response, name).toBe(true);
      values.push(Reflect.get(to, name) === Reflect.get(response, name));
    }
    values.push(to.shouldKeepAlive === false, Reflect.get(response, "_keepAliveTimeout") === 5000);
    response.end();
  });
  expect(values).toEqual([true, true, true, true, true]);
});

test("a response says of its connection's end what another one says", async () => {
  const seen: unknown[] = [];
  await serve((request, response) => {
    const own = new ServerResponse(request);
    shareLast(own, response);
    // Node sets it as it writes a head that closes the connection.
    response.setHeader("Connection", "close");
    response.end();
    seen.push(Reflect.get(own, "_last"));
  });
  expect(seen).toEqual([true]);
});

test("a response is closed once, as Node closes it", () => {
  const response = responseTo();
  let closed = 0;
  response.on("close", () => {
    closed += 1;
  });
  closeResponse(response);
  closeResponse(response);
  expect([closed, response.destroyed, response.closed]).toEqual([1, true, true]);
});

test("a response that is guarded passes for closed, so that Node does not close it", async () => {
  const response = responseTo();
  const guard = guardClosed(response);
  expect(response.closed).toBe(false);
  guard.shut();
  expect(response.closed).toBe(true);
  guard.open();
  expect(response.closed).toBe(false);
  closeResponse(response);
  expect(response.closed).toBe(true);
});

test("a response is told that its connection takes more", async () => {
  const connection = new Slow();
  const response = responseTo();
  response.assignSocket(connection as never);
  expect(response.write("x".repeat(100_000))).toBe(false);
  expect(response.writableNeedDrain).toBe(true);
  let drained = 0;
  response.on("drain", () => {
    drained += 1;
  });
  connection.pull();
  tellDrained(response);
  expect([drained, response.writableNeedDrain]).toEqual([1, false]);
});
