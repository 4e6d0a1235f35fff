import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import { pipeline as piped } from "node:stream/promises";
import { createOperations } from "@meanwhile/operations";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { processing } from "../fetch.ts";
import { alice, documentPath, uuid } from "../testing/adapter/adapter-scene.ts";
import type { AdapterProtocol } from "../testing/adapter/adapter-subject.ts";
import { listen } from "../testing/adapter/node-app.ts";
import { type RawHandler, type RawSubject, rawSubjects } from "../testing/adapter/raw-subjects.ts";
import { field, http1Client, http2Client, type TestClient } from "../testing/raw-client.ts";

const uncaught: unknown[] = [];
const collect = (error: unknown): void => void uncaught.push(error);
beforeEach(() => {
  uncaught.length = 0;
  process.on("uncaughtException", collect);
});
afterEach(() => {
  process.off("uncaughtException", collect);
});

function failing(): Readable {
  return Readable.from(
    (async function* () {
      yield "begun";
      throw new Error("of the source");
    })(),
  );
}

type Way = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Whatever Node's own server bears of a handler, and its stand-ins have to bear. */
const ways: Readonly<Record<string, Way>> = {
  "response.destroy(error)": (_request, response) => response.destroy(new Error("of the handler")),
  "response.destroy()": (_request, response) => response.destroy(),
  "response.destroy(error) after the head": (_request, response) => {
    response.write("begun");
    response.destroy(new Error("of the handler"));
  },
  "pipeline of what fails": (_request, response) => pipeline(failing(), response, () => undefined),
  "what fails, piped": (_request, response) => {
    const source = failing();
    source.on("error", (error) => response.destroy(error));
    source.pipe(response);
  },
  "response.socket.destroy(error)": (_request, response) =>
    response.socket?.destroy(new Error("of the handler")),
  "response.socket.emit(error)": (_request, response) => {
    response.socket?.emit("error", new Error("of the handler"));
    response.end("done");
  },
  "response.emit(error)": (_request, response) => {
    response.emit("error", new Error("of the handler"));
    response.end("done");
  },
  "response.socket.resetAndDestroy()": (_request, response) => response.socket?.resetAndDestroy(),
  "response.socket.destroySoon()": (_request, response) => {
    response.write("begun");
    response.socket?.destroySoon();
  },
  "response.socket.end()": (_request, response) => {
    response.write("begun");
    response.socket?.end();
  },
  "request.destroy(error)": (request, response) => {
    request.destroy(new Error("of the handler"));
    response.end("done");
  },
  "request.socket.destroy(error)": (request) => request.socket.destroy(new Error("of the handler")),
  "request.socket.destroy() after the head, as Express does": (request, response) => {
    response.write("begun");
    request.socket.destroy();
  },
  "a write after the end": (_request, response) => {
    response.end("done");
    response.write("more");
  },
  "an end after the end": (_request, response) => {
    response.end("done");
    response.end("more");
  },
  "a write after response.destroy()": (_request, response) => {
    response.destroy();
    response.write("more");
    response.end();
  },
  "garbage on the socket, in place of a head": (_request, response) =>
    response.socket?.write("garbage\r\n\r\n"),
  "garbage on the socket, after the head": (_request, response) => {
    response.write("begun");
    response.socket?.write("garbage\r\n\r\n");
  },
  "interim responses after the head": (_request, response) => {
    response.write("begun");
    response.writeContinue();
    response.writeProcessing();
    response.writeEarlyHints({ link: "</a>; rel=preload" });
    response.end("done");
  },
  "more than its Content-Length": (_request, response) => {
    response.setHeader("Content-Length", "4");
    response.end("more than four");
  },
  "an end without any listeners": (request, response) => {
    request.removeAllListeners();
    response.removeAllListeners();
    response.end("done");
  },
  "response.destroy(error) without any listeners": (request, response) => {
    request.removeAllListeners();
    response.removeAllListeners();
    response.destroy(new Error("of the handler"));
  },
  "a write after the end without any listeners": (_request, response) => {
    response.removeAllListeners();
    response.end("done");
    response.write("more");
  },
  "a status that HTTP/2 does not have": (_request, response) => response.writeHead(999).end("done"),
  "a field that HTTP/2 does not have": (_request, response) => response.setHeader("TE", "gzip").end("done"),
  "two lines of a field that has one": (_request, response) =>
    response.writeHead(200, ["ETag", '"a"', "ETag", '"b"']).end("done"),
  "trailers that HTTP/2 does not have": (_request, response) => {
    response.write("begun");
    response.addTrailers({ TE: "gzip", "Content-Length": "1" });
    response.addTrailers([
      ["ETag", '"a"'],
      ["ETag", '"b"'],
    ]);
    response.end();
  },
  "nothing that fails": (_request, response) => response.end("done"),
};

/** What Node's own server sends whole: the response was ended before. */
const afterTheEnd: Readonly<Record<string, Way>> = {
  "response.destroy()": (_request, response) => response.destroy(),
  "response.destroy(error)": (_request, response) => response.destroy(new Error("of the handler")),
  "request.destroy()": (request) => request.destroy(),
  "request.socket.destroy()": (request) => request.socket.destroy(),
  "response.socket.end()": (_request, response) => response.socket?.end(),
  "response.destroy() a tick later": (_request, response) => process.nextTick(() => response.destroy()),
};

const bytes = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok";

/** A whole response that is written to the socket, as old handlers do. */
const pastTheResponse: Readonly<Record<string, Way>> = {
  "a response that response.socket ends with": (_request, response) => response.socket?.end(bytes),
  "a response that request.socket ends with": ({ socket }) => socket.end(bytes),
  "a response that the end of the socket ends": (_request, response) =>
    response.socket?.end("HTTP/1.1 201 Created\r\nConnection: close\r\n\r\nok"),
  "a response on a socket that was detached": (_request, response) => {
    const { socket } = response;
    if (socket) response.detachSocket(socket);
    socket?.end(bytes);
  },
  "a response on request.socket that was detached": ({ socket, httpVersionMajor }, response) => {
    // On HTTP/2 there is none that is the response's, too.
    if (httpVersionMajor === 1) response.detachSocket(socket);
    socket.end(bytes);
  },
};

async function play(
  subject: RawSubject,
  protocol: AdapterProtocol,
  handler: RawHandler,
  run: (connect: () => TestClient, operations: ReturnType<typeof createOperations>) => Promise<void>,
): Promise<void> {
  const operations = createOperations();
  const served = await subject.serve(protocol, handler, { operations });
  const clients: TestClient[] = [];
  try {
    await run(() => {
      const client = protocol === "HTTP/2" ? http2Client(served.port) : http1Client(served.port);
      clients.push(client);
      return client;
    }, operations);
  } finally {
    for (const client of clients) client.close();
    await served.close();
  }
}

const kinds = {
  "with a key": { "Idempotency-Key": uuid },
  "without one": { Prefer: "respond-async, wait=100" },
};

for (const subject of rawSubjects) {
  for (const protocol of subject.protocols) {
    describe(`${subject.name}, ${protocol}`, () => {
      for (const [kind, fields] of Object.entries(kinds)) {
        test.each(Object.entries(ways))(
          `%s, ${kind}: the process lives, and the operation ends`,
          async (_name, way) => {
            const handler: RawHandler = (request, response) =>
              request.url === "/" ? response.end("alive") : void way(request, response);
            await play(subject, protocol, handler, async (connect, operations) => {
              const sent = connect().send("POST", "/way", fields, "x");
              await sent.response().catch((error: unknown) => error);
              await operations.idle();
              const next = await connect().send("POST", "/", {}, "x").response();
              expect(next.content.toString()).toBe("alive");
              expect(uncaught).toEqual([]);
            });
          },
        );
      }

      test.each(Object.entries(afterTheEnd))(
        "%s after the end: the answer is what was ended",
        async (_name, way) => {
          const handler: RawHandler = (request, response) => {
            response.statusCode = 413;
            response.end("too long");
            way(request, response);
          };
          await play(subject, protocol, handler, async (connect, operations) => {
            const fields = { "Idempotency-Key": uuid };
            const first = await connect().send("POST", "/way", fields, "x").response();
            await operations.idle();
            const again = await connect().send("POST", "/way", fields, "x").response();
            for (const { status, content } of [first, again]) {
              expect([status, content.toString()]).toEqual([413, "too long"]);
            }
            expect(field(again, "idempotency-replayed")).toBe("true");
            expect(uncaught).toEqual([]);
          });
        },
      );

      test.each(Object.entries(pastTheResponse))("%s is the answer", async (_name, way) => {
        await play(subject, protocol, way, async (connect, operations) => {
          const fields = { "Idempotency-Key": uuid };
          const first = await connect().send("POST", "/way", fields, "x").response();
          await operations.idle();
          const again = await connect().send("POST", "/way", fields, "x").response();
          for (const { status, content } of [first, again]) {
            expect([status, content.toString()]).toEqual([201, "ok"]);
          }
        });
      });

      // Over HTTP/2 it ends the stream, and there is no connection that goes on for it.
      if (protocol === "HTTP/1.1") {
        test("request.destroy(error) is heard while the connection goes on", async () => {
          const heard: string[] = [];
          let tell = (): void => undefined;
          const closed = new Promise<void>((resolve) => {
            tell = resolve;
          });
          const handler: RawHandler = (request) => {
            request.on("error", ({ message }) => heard.push(message));
            request.on("close", tell);
            request.destroy(new Error("of the handler"));
          };
          await play(subject, protocol, handler, async (connect) => {
            const answer = await connect().send("POST", "/way", { "Idempotency-Key": uuid }, "x").response();
            expect(answer.status).toBe(500);
            await closed;
            expect(heard).toEqual(["of the handler"]);
          });
        });
      }

      const noHttp = ["garbage\r\n\r\n", "garbage", "FFFFFFFFFFFFFFFFFF\r\nabc", "-5\r\n"];
      test.each(noHttp)("%j on the socket is no answer, though it was ended", async (garbage) => {
        const handler: RawHandler = (_request, response) => {
          response.write("begun");
          response.socket?.write(garbage);
          response.end("done");
        };
        await play(subject, protocol, handler, async (connect, operations) => {
          const fields = { "Idempotency-Key": uuid };
          await connect()
            .send("POST", "/way", fields, "x")
            .response()
            .catch((error: unknown) => error);
          await operations.idle();
          expect((await connect().send("POST", "/way", fields, "x").response()).status).toBe(500);
        });
      });

      test.each([false, true])(
        "a DELETE stops a handler that pipes with operation.signal (head out: %s)",
        async (begun) => {
          const failed: unknown[] = [];
          const endless = new Readable({ read: () => undefined });
          const handler: RawHandler = async (_request, response, operation) => {
            await piped(endless, response, { signal: operation.signal }).catch((error) => failed.push(error));
          };
          await play(subject, protocol, handler, async (connect, operations) => {
            const fields = { Prefer: "respond-async, wait=0", ...alice };
            const accepted = await connect().send("POST", "/way", fields, "x").response();
            expect(accepted.status).toBe(202);
            if (begun) {
              endless.push("begun");
              await new Promise<void>((resolve) => setImmediate(resolve));
            }
            const document = documentPath(accepted);
            expect((await connect().send("DELETE", document, alice).response()).status).toBe(202);
            await operations.idle();
            const shown = await connect().send("GET", document, alice).response();
            expect(JSON.parse(shown.content.toString())).toMatchObject({
              state: "cancelled",
              outcome: { status: 409 },
            });
            expect(failed).toHaveLength(1);
            expect(uncaught).toEqual([]);
          });
        },
      );
    });
  }
}

describe.each(["HTTP/1.1", "HTTP/2"] as const)("a fetch handler, %s", (protocol) => {
  test.each(Object.entries(kinds))(
    "whose content fails, %s: the process lives, and the operation ends",
    async (_kind, fields) => {
      const operations = createOperations();
      const served = await listen(
        protocol,
        processing({ operations })(async ({ url }) => {
          if (url.endsWith("/")) return new Response("alive");
          return new Response(Readable.toWeb(failing()) as ReadableStream);
        }),
      );
      const clients = [0, 1].map(() =>
        protocol === "HTTP/2" ? http2Client(served.port) : http1Client(served.port),
      );
      onTestFinished(() => served.close());
      onTestFinished(() => clients.forEach((client) => void client.close()));
      await clients[0]
        ?.send("POST", "/way", fields, "x")
        .response()
        .catch((error: unknown) => error);
      await operations.idle();
      expect((await clients[1]?.send("POST", "/", {}, "x").response())?.content.toString()).toBe("alive");
      expect(uncaught).toEqual([]);
    },
  );
});
