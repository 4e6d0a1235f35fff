import { createOperations, memoryJournal } from "@meanwhile/operations";
import { describe, expect, test } from "vitest";
import { uuid } from "../testing/adapter/adapter-scene.ts";
import { protocols, serveHandler as serve } from "../testing/serve-handler.ts";

/** What is told once, and waited for. */
function signal(): { readonly given: Promise<void>; give(): void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

const key = { "Idempotency-Key": uuid };

describe.each(protocols)("%s", (protocol) => {
  test("a key whose request broke off and failed runs anew when it comes whole (RFC 9112 §8)", async () => {
    const operations = createOperations();
    const came = signal();
    const read: string[] = [];
    const connect = await serve(protocol, operations, async (request, response) => {
      came.give();
      let content = "";
      for await (const piece of request) content += String(piece);
      read.push(content);
      response.end(content);
    });
    const cut = connect().send("POST", "/", { ...key, "Content-Length": "5" }, "hel");
    await came.given;
    await cut.leave();
    await operations.idle();
    for (let count = 0; count < 2; count += 1) {
      const answer = await connect().send("POST", "/", key, "hello").response();
      expect([answer.status, answer.content.toString()]).toEqual([200, "hello"]);
    }
    expect(read).toEqual(["hello"]);
  });

  test("what succeeded without the rest of its content is the answer to its key", async () => {
    const operations = createOperations();
    const came = signal();
    const go = signal();
    let runs = 0;
    const connect = await serve(protocol, operations, async (request, response) => {
      runs += 1;
      request.on("error", () => undefined);
      came.give();
      await go.given;
      response.writeHead(201).end("made");
    });
    const cut = connect().send("POST", "/", { ...key, "Content-Length": "5" }, "hel");
    await came.given;
    await cut.leave();
    go.give();
    await operations.idle();
    const answer = await connect().send("POST", "/", key, "hello").response();
    expect([answer.status, answer.content.toString(), runs]).toEqual([201, "made", 1]);
  });

  test("who waits for a request that breaks off and fails is told to come again, and then it runs", async () => {
    const operations = createOperations();
    const came = signal();
    let runs = 0;
    const connect = await serve(protocol, operations, async (request, response) => {
      if (request.method === "GET") {
        response.end();
        return;
      }
      runs += 1;
      came.give();
      let content = "";
      for await (const piece of request) content += String(piece);
      response.end(content);
    });
    const cut = connect().send("POST", "/", { ...key, "Content-Length": "5" }, "hel");
    await came.given;
    const waiting = connect();
    const joined = waiting.send("POST", "/", key, "hello").response();
    // What was sent before has come when this is answered.
    for (let count = 0; count < 3; count += 1) await connect().send("GET", "/").response();
    await cut.leave();
    expect((await joined).status).toBe(503);
    expect(runs).toBe(1);
    const answer = await waiting.send("POST", "/", key, "hello").response();
    expect([answer.status, answer.content.toString(), runs]).toEqual([200, "hello", 2]);
  });

  test("a request whose client left while its key was looked up does not run, and takes no key", async () => {
    const journal = memoryJournal({});
    const asked = signal();
    const found = signal();
    const operations = createOperations({
      journal: {
        ...journal,
        async byKey(name) {
          asked.give();
          await found.given;
          return journal.byKey(name);
        },
      },
    });
    const read: string[] = [];
    const connect = await serve(protocol, operations, async (request, response) => {
      let content = "";
      for await (const piece of request) content += String(piece);
      read.push(content);
      response.end(content);
    });
    const cut = connect().send("POST", "/", key, "hello");
    await asked.given;
    await cut.leave();
    // The server has seen that when it answers another one.
    await connect().send("GET", "/").response();
    read.length = 0;
    found.give();
    const answer = await connect().send("POST", "/", key, "hello").response();
    expect([answer.status, answer.content.toString(), read]).toEqual([200, "hello", ["hello"]]);
  });

  test("content that came whole is read also when its client left before it was", async () => {
    const operations = createOperations();
    const came = signal();
    const go = signal();
    const connect = await serve(protocol, operations, async (request, response) => {
      if (request.method === "GET") {
        response.end();
        return;
      }
      came.give();
      await go.given;
      let content = "";
      for await (const piece of request) content += String(piece);
      response.end(content);
    });
    const cut = connect().send("POST", "/", key, "hello");
    await came.given;
    // What was sent before has come when this is answered.
    await connect().send("GET", "/").response();
    await cut.leave();
    await connect().send("GET", "/").response();
    go.give();
    await operations.idle();
    const answer = await connect().send("POST", "/", key, "hello").response();
    expect([answer.status, answer.content.toString()]).toEqual([200, "hello"]);
  });

  test("content that broke off is an error also to a handler that reads it late, never a shorter content", async () => {
    const operations = createOperations();
    const came = signal();
    const go = signal();
    const read: string[] = [];
    const connect = await serve(protocol, operations, async (request, response) => {
      if (request.method === "GET") {
        response.end();
        return;
      }
      came.give();
      await go.given;
      let content = "";
      for await (const piece of request) content += String(piece);
      read.push(content);
      response.end(content);
    });
    const cut = connect().send("POST", "/", { ...key, "Content-Length": "5" }, "hel");
    await came.given;
    await connect().send("GET", "/").response();
    await cut.leave();
    await connect().send("GET", "/").response();
    go.give();
    await operations.idle();
    expect(read).toEqual([]);
  });

  test("a `when` that throws is a 500, and the process goes on", async () => {
    const connect = await serve(protocol, createOperations(), (_request, response) => void response.end(), {
      when(request) {
        if (request.url === "/throws") throw new Error("a mistake");
        return true;
      },
    });
    expect((await connect().send("POST", "/throws").response()).status).toBe(500);
    expect((await connect().send("POST", "/").response()).status).toBe(200);
  });
});
