import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { openExchange } from "@meanwhile/interim";
import type { DavHandler } from "@meanwhile/server";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { trusted } from "../../../../interim/src/testing/certificates.ts";
import { type Listener, listen } from "./listener.ts";
import { readTls, type TlsFiles } from "./tls.ts";

let folder: string;
let tls: TlsFiles;
let listener: Listener | undefined;
const opened: { destroy(): void }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "meanwhile-tls-"));
  writeFileSync(join(folder, "cert"), trusted.cert);
  writeFileSync(join(folder, "key"), trusted.key);
  tls = readTls({ cert: join(folder, "cert"), key: join(folder, "key") });
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  for (const one of opened.splice(0)) one.destroy();
  listener?.cut();
  await listener?.stop();
  listener = undefined;
});

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

async function start(serve: Serve, options: { tls?: TlsFiles; idleMs?: number } = {}): Promise<URL> {
  const handler = Object.assign(serve, { close: async () => {} }) as DavHandler;
  const { idleMs } = options;
  listener = await listen(handler, {
    listen: { host: "127.0.0.1", port: 0 },
    tls: options.tls,
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  return new URL(listener.url);
}

const dial = (url: URL, { allowHalfOpen = false } = {}): Socket => {
  const to = { port: Number(url.port), host: url.hostname, allowHalfOpen };
  const socket =
    url.protocol === "http:"
      ? connect(to)
      : connectTls({
          ...to,
          rejectUnauthorized: false,
          ALPNProtocols: ["http/1.1"],
        });
  opened.push(socket);
  socket.on("error", () => {});
  return socket;
};

/** All that the server says until it ends the connection. */
const ended = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("close", () => resolve(text));
  });

/** What the server says until `pattern` is in it. */
const said = (socket: Socket, pattern: RegExp): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (pattern.test(text)) resolve(text);
    });
  });

const echoLength: Serve = (request, response) => {
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
  });
  request.on("end", () => response.end(`${length} bytes`));
};

describe.each(["http", "https"])("over %s with HTTP/1.1", (scheme) => {
  const secured = () => (scheme === "https" ? { tls } : {});

  test("the address that is told has the real port, and answers", async () => {
    const url = await start((_request, response) => void response.end("hello"), secured());
    expect(url.href).toMatch(new RegExp(`^${scheme}://127\\.0\\.0\\.1:[1-9]\\d+/$`));
    const socket = dial(url);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await ended(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*hello/);
  });

  test("100 Continue is left to the handler (RFC 9110 §10.1.1)", async () => {
    const url = await start((_request, response) => {
      response.writeHead(403, { Connection: "close" }).end();
    }, secured());
    const socket = dial(url);
    socket.write("PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    const answer = await ended(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).not.toContain("100 Continue");
  });

  test.each([
    ["alone", ""],
    ["behind another request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ])("CONNECT, %s, is answered by the handler, and ends the connection", async (_name, before) => {
    const url = await start((request, response) => {
      openExchange(request, response);
      response.writeHead(request.method === "CONNECT" ? 405 : 200).end();
    }, secured());
    const socket = dial(url);
    socket.write(`${before}CONNECT files.example:443 HTTP/1.1\r\nHost: files.example:443\r\n\r\n`);
    const answers = await ended(socket);
    expect([...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(
      before === "" ? ["405"] : ["200", "405"],
    );
    expect(answers).toMatch(/\r\nConnection: close\r\n/);
  });

  test("malformed bytes behind a request do not take its answer away", async () => {
    let finish = (): void => {};
    const url = await start((request, response) => {
      openExchange(request, response);
      finish = () => void response.writeHead(204).end();
    }, secured());
    const socket = dial(url);
    const answers = ended(socket);
    socket.write("DELETE /x HTTP/1.1\r\nHost: x\r\n\r\nrubbish\r\n\r\n");
    // One that comes later is answered before: the first is waited for.
    await ended(dial(url).end("BREW / HTTP/1.1\r\nHost: x\r\n\r\n"));
    finish();
    expect(await answers).toMatch(/^HTTP\/1\.1 204 [\s\S]*\r\n\r\nHTTP\/1\.1 400 /);
  });

  test("a method that the parser does not know is answered like others: 501 with a document", async () => {
    const url = await start(() => {}, secured());
    const socket = dial(url);
    socket.write("BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await ended(socket)).toMatch(
      /^HTTP\/1\.1 501 Not Implemented\r\n[\s\S]*Content-Type: application\/xml[\s\S]*<D:error[\s\S]*not known/,
    );
  });

  test("a client that stops sending its content is cut off", async () => {
    const url = await start(echoLength, { ...secured(), idleMs: 60 });
    const socket = dial(url);
    socket.write("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    expect(await ended(socket)).toBe("");
  });

  test("a request that the server works on is not, however silent both are", async () => {
    let finish = (): void => {};
    const url = await start(
      (request, response) => {
        request.resume();
        finish = () => void response.end("done");
      },
      { ...secured(), idleMs: 40 },
    );
    const working = dial(url);
    working.write("COPY /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const answer = ended(working);
    // Several others come and are cut off for idling meanwhile.
    for (let round = 0; round < 3; round += 1) await ended(dial(url));
    finish();
    expect(await answer).toMatch(/done/);
  });

  test("a client that does not take its response is cut off", async () => {
    let gone = (): void => {};
    const closed = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const url = await start(
      (_request, response) => {
        response.once("close", gone);
        response.end(Buffer.alloc(32 * 1024 * 1024));
      },
      { ...secured(), idleMs: 60 },
    );
    const socket = dial(url);
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await closed;
  });

  test("stopping ends idle connections, and the others after their response", async () => {
    let finish = (): void => {};
    const url = await start((request, response) => {
      if (request.url === "/long") finish = () => void response.end("long done");
      else response.end("ok");
    }, secured());
    const idle = dial(url);
    idle.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await said(idle, /ok$/);
    const busy = dial(url);
    const answer = ended(busy);
    busy.write("COPY /long HTTP/1.1\r\nHost: x\r\n\r\n");
    const other = dial(url);
    other.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await ended(other);
    const stopped = listener?.stop();
    await ended(idle);
    finish();
    expect(await answer).toMatch(/long done/);
    await stopped;
    listener = undefined;
  });

  test("stopping does not wait for a client that is only given time to read why it was refused", async () => {
    const url = await start((request, response) => {
      const { socket } = request;
      socket.destroySoon = () => socket.end();
      response.writeHead(413, { Connection: "close" }).end("too large");
    }, secured());
    const socket = dial(url, { allowHalfOpen: true });
    const closedThere = once(socket, "end");
    socket.write("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
    await said(socket, /too large/);
    await closedThere;
    await listener?.stop();
    listener = undefined;
  });

  test("cutting ends all at once", async () => {
    const url = await start(() => {}, secured());
    const socket = dial(url);
    const answer = ended(socket);
    const other = dial(url);
    socket.write("COPY /x HTTP/1.1\r\nHost: x\r\n\r\n");
    other.write("x");
    const stopped = listener?.stop();
    listener?.cut();
    expect(await answer).toBe("");
    await stopped;
    listener = undefined;
  });
});

describe("over https with HTTP/2", () => {
  const session = (url: URL) => {
    const made = connectHttp2(url.origin, { rejectUnauthorized: false });
    made.on("error", () => {});
    opened.push(made);
    return made;
  };
  const closed = (stream: { once(event: "close", listener: () => void): unknown }) =>
    new Promise<void>((resolve) => void stream.once("close", resolve));

  test("a request is answered", async () => {
    const url = await start((_request, response) => void response.end("hello"), { tls });
    const stream = session(url).request({ ":path": "/" });
    let text = "";
    stream.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    await closed(stream);
    expect(text).toBe("hello");
  });

  test("a stream whose client stops sending is closed, and one that the server works on is not", async () => {
    let finish = (): void => {};
    const url = await start(
      (request, response) => {
        if (request.method === "PUT") echoLength(request, response);
        else finish = () => void response.end("done");
      },
      { tls, idleMs: 60 },
    );
    const client = session(url);
    const working = client.request({ ":method": "COPY", ":path": "/x" });
    let text = "";
    working.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    const upload = client.request({ ":method": "PUT", ":path": "/x" });
    upload.on("error", () => {});
    upload.write("ab");
    await closed(upload);
    expect(upload.rstCode).toBe(8);
    finish();
    await closed(working);
    expect(text).toBe("done");
  });

  test("an idle session is closed", async () => {
    const url = await start(echoLength, { tls, idleMs: 60 });
    await closed(session(url));
  });

  test("stopping lets the last response out", async () => {
    let finish = (): void => {};
    let begun = (): void => {};
    const began = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const url = await start(
      (_request, response) => {
        finish = () => void response.end("done");
        begun();
      },
      { tls },
    );
    const client = session(url);
    const stream = client.request({ ":method": "COPY", ":path": "/x" });
    let text = "";
    stream.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    await began;
    const stopped = listener?.stop();
    finish();
    await closed(stream);
    expect(text).toBe("done");
    await stopped;
    listener = undefined;
  });
});

describe("an address that cannot be listened on", () => {
  test("is named in one line", async () => {
    const url = await start(echoLength);
    const again = listen(Object.assign(echoLength, { close: async () => {} }) as DavHandler, {
      listen: { host: "127.0.0.1", port: Number(url.port) },
      tls: undefined,
    });
    await expect(again).rejects.toThrow(`127.0.0.1:${url.port} is in use by another program`);
    await expect(again).rejects.toMatchObject({ exitCode: 1 });
  });

  test("for example one of another machine", async () => {
    const other = listen(Object.assign(echoLength, { close: async () => {} }) as DavHandler, {
      listen: { host: "192.0.2.1", port: 0 },
      tls: undefined,
    });
    await expect(other).rejects.toThrow("192.0.2.1:0 is not an address of this machine");
  });
});

test("a key that does not belong to the certificate is refused", () => {
  const other = join(folder, "other");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  writeFileSync(other, privateKey.export({ type: "pkcs8", format: "pem" }));
  expect(() => readTls({ cert: join(folder, "cert"), key: other })).toThrow(
    /^--tls-cert .* cannot be used: /,
  );
  expect(() => readTls({ cert: join(folder, "none"), key: other })).toThrow(
    /^--tls-cert .*none: cannot be read$/,
  );
});
