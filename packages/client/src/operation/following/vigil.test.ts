import { describe, expect, test } from "vitest";
import { ConnectionError } from "../../error/connection-error.ts";
import type { InterimResponse, Send } from "../../send/send.ts";
import { serverMemory } from "../server-memory.ts";
import { startLongRequest } from "../start-long-request.ts";
import { at, base, document, events, type Reply } from "../testing/scripted-server.ts";
import { watchOperation } from "../watch-operation.ts";

/** Time that a test lets pass: who sleeps wakes when it is due. */
function steppedTime() {
  let nowMs = 0;
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => nowMs,
    random: () => 0,
    newKey: () => "key",
    sleep(ms: number, signal?: AbortSignal): Promise<void> {
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const wake = (): void => {
          signal?.removeEventListener("abort", leave);
          resolve();
        };
        const sleeper = { atMs: nowMs + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", leave);
      });
    },
    async pass(ms: number): Promise<void> {
      const end = nowMs + ms;
      await settle();
      for (;;) {
        const next = [...sleepers].filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        sleepers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        await settle();
      }
      nowMs = end;
      await settle();
    },
  };
}

/** The first exchange stays open and silent after what the test tells on it; all others are answered at once. */
function silentServer(answer: (line: string) => Reply) {
  const time = steppedTime();
  const log: string[] = [];
  let tell: (interim: InterimResponse) => void = () => undefined;
  let answered: (response: Response) => void = () => undefined;
  const send: Send = async (url, { method = "GET", onInterim, signal, idleTimeoutMs } = {}) => {
    const line = `${method} ${url.pathname}`;
    log.push(line);
    if (log.length > 1) {
      if (line === "GET /ops/1") expect(idleTimeoutMs).toBe(60_000);
      const { status = 200, headers = {}, content, lost } = answer(line);
      if (lost) throw new ConnectionError(lost, "lost", { mayHaveArrived: true });
      if (typeof content === "string") return new Response(content, { status, headers });
      return new Response(JSON.stringify(content), {
        status,
        headers: { "Content-Type": "application/json", ...headers },
      });
    }
    tell = (interim) => onInterim?.(interim);
    return new Promise((resolve, reject) => {
      answered = resolve;
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  };
  const context = { send, memory: serverMemory(send, base), surroundings: time };
  return {
    ...time,
    log,
    context,
    interim: (headers: Readonly<Record<string, string>> = {}) =>
      tell({ status: 102, headers: new Headers(headers) }),
    answer: (response: Response) => answered(response),
    start: () =>
      startLongRequest(context, {
        method: "COPY",
        url: at("/a"),
        headers: new Headers(),
        read: async ({ status }) => status,
      }),
  };
}

const location = { Location: "http://h.example/ops/1" };
const ended = (line: string): Reply =>
  line === "GET /ops/1/outcome"
    ? { status: 201, headers: { Link: '<http://h.example/ops/1>; rel="status"' }, content: "made" }
    : document("finished");

/** Five signs, one each 10 seconds. */
async function fiveSigns(server: ReturnType<typeof silentServer>): Promise<void> {
  await server.pass(0);
  server.interim(location);
  for (let sign = 0; sign < 4; sign += 1) {
    await server.pass(10_000);
    server.interim();
  }
}

describe("a connection that dies without a word", () => {
  test("after three times the pace the status document is asked beside, and where all has ended, its outcome", async () => {
    const server = silentServer(ended);
    const request = server.start();
    await fiveSigns(server);
    await server.pass(29_999);
    expect(server.log).toEqual(["COPY /a"]);
    await server.pass(1);
    expect(server.log).toEqual(["COPY /a", "GET /ops/1"]);
    await server.pass(2_000);
    expect(await request.outcome).toBe(201);
    expect(server.log.filter((line) => line.startsWith("COPY"))).toHaveLength(1);
  });

  test("a quick pace is known with the second sign; five seconds are borne at least", async () => {
    const server = silentServer(ended);
    const request = server.start();
    await server.pass(0);
    server.interim(location);
    await server.pass(1_000);
    server.interim();
    await server.pass(4_999);
    expect(server.log).toHaveLength(1);
    await server.pass(2_001);
    expect(await request.outcome).toBe(201);
  });

  test("after the first sign it is a minute", async () => {
    const server = silentServer(ended);
    const request = server.start();
    await server.pass(0);
    server.interim(location);
    await server.pass(59_999);
    expect(server.log).toHaveLength(1);
    await server.pass(2_001);
    expect(await request.outcome).toBe(201);
  });

  test("a final response that is on its way is not overtaken", async () => {
    const server = silentServer(ended);
    const request = server.start();
    await fiveSigns(server);
    await server.pass(31_000);
    server.answer(new Response(null, { status: 204 }));
    expect(await request.outcome).toBe(204);
    await server.pass(600_000);
    expect(server.log).toEqual(["COPY /a", "GET /ops/1"]);
  });

  test("while the work goes on, or nobody can say, the silence is borne, and longer each time", async () => {
    const replies: Reply[] = [document("running"), { lost: "lost" }, { status: 404 }, document("running")];
    const server = silentServer(() => replies.shift() ?? document("running"));
    const request = server.start();
    await fiveSigns(server);
    const looks: number[] = [];
    for (let minute = 0; minute < 16; minute += 1) {
      const before = server.log.length;
      await server.pass(60_000);
      if (server.log.length > before) looks.push(minute);
    }
    // After 30 seconds, and 60, 120, 240 and 300 more.
    expect(looks).toEqual([0, 1, 3, 7, 12]);
    server.answer(new Response(null, { status: 201 }));
    expect(await request.outcome).toBe(201);
  });

  test("a slower pace is borne, once it is known", async () => {
    const server = silentServer(ended);
    const request = server.start();
    await fiveSigns(server);
    await server.pass(25_000);
    server.interim();
    await server.pass(74_000);
    expect(server.log).toEqual(["COPY /a"]);
    server.answer(new Response(null, { status: 201 }));
    await request.outcome;
  });

  test("without a status document there is nothing to ask", async () => {
    const server = silentServer(ended);
    const request = server.start();
    await server.pass(0);
    for (let sign = 0; sign < 3; sign += 1) {
      server.interim();
      await server.pass(1_000);
    }
    await server.pass(3_600_000);
    expect(server.log).toEqual(["COPY /a"]);
    request.detach();
    await expect(request.outcome).rejects.toMatchObject({ name: "DetachedError" });
  });

  test("an event stream that falls silent is given up in the same way", async () => {
    let streams = 0;
    const started = String(events(document("running")).content);
    const time = steppedTime();
    const send: Send = async (url, { headers, signal } = {}) => {
      if (url.pathname === "/ops/1/outcome") return new Response("made", { status: 201 });
      if (!new Headers(headers).get("accept")?.startsWith("text/event-stream") || streams > 0) {
        const { content } = document("finished");
        return new Response(JSON.stringify(content), { headers: { "Content-Type": "application/json" } });
      }
      streams += 1;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(started));
          signal?.addEventListener("abort", () => controller.error(signal.reason), { once: true });
        },
      });
      return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
    };
    const context = { send, memory: serverMemory(send, base), surroundings: time };
    const request = watchOperation(context, at("/ops/1"));
    await time.pass(59_000);
    await time.pass(3_000);
    expect((await request.outcome).status).toBe(201);
  });
});

describe("between the signs, while somebody reads the progress", () => {
  const atMembers = (done: number): Reply => {
    const running = document("running");
    const content = { ...(running.content as object), progress: { done, total: 100 } };
    return { ...running, content };
  };

  test("the status document is looked at after a second, and less often later", async () => {
    let done = 0;
    const server = silentServer(() => atMembers(++done));
    const request = server.start();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const progress of request.progress) seen.push(progress.done);
    })();
    await server.pass(0);
    server.interim(location);
    await server.pass(999);
    expect(server.log).toEqual(["COPY /a"]);
    await server.pass(1);
    expect(server.log).toEqual(["COPY /a", "GET /ops/1"]);
    await server.pass(9_000);
    expect(done).toBe(10);
    await server.pass(90_000);
    expect(done).toBeLessThan(45);
    expect(seen.at(-1)).toBe(done);
    server.answer(new Response(null, { status: 201 }));
    expect(await request.outcome).toBe(201);
    const asked = server.log.length;
    await server.pass(60_000);
    expect(server.log).toHaveLength(asked);
    await reading;
  });

  test.each([
    ["signs that come faster", atMembers(1), 900, 0],
    ["a server that has no answer, once", { status: 404 } satisfies Reply, 20_000, 1],
    ["an end, once: the final response is on its way", document("finished"), 4_000, 1],
  ])("%s", async (_, reply, everyMs, looks) => {
    const server = silentServer(() => reply);
    const request = server.start();
    const reading = (async () => {
      for await (const _progress of request.progress);
    })();
    await server.pass(0);
    for (let sign = 0; sign < 5; sign += 1) {
      server.interim(location);
      await server.pass(everyMs);
    }
    expect(server.log.length - 1).toBe(looks);
    server.answer(new Response(null, { status: 201 }));
    await request.outcome;
    await reading;
  });
});
