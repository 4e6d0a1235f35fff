/** A service with the middleware on an LMDB journal: killed in the middle of its requests, and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seed } from "./random.ts";
import { soak } from "./soak.ts";

const kills = soak ? 100 : 1;

const program = fileURLToPath(new URL("middleware-service.mjs", import.meta.url));

let state: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "meanwhile-middleware-kill-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) await end(child, "SIGKILL");
  await rm(state, { recursive: true, force: true });
});

interface Service {
  readonly pid: number;
  readonly port: number;
  /** Resolves when handlers of "METHOD /path" have begun so often. */
  begun(request: string, times?: number): Promise<void>;
  /** The keys of all handlers that began, as far as it has told. */
  keys(): readonly string[];
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

async function start({ stuck = false, port = 0 } = {}): Promise<Service> {
  const { STUCK: _, ...environment } = process.env;
  const child = spawn(process.execPath, [program, state, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...environment, ...(stuck ? { STUCK: "1" } : {}) },
  });
  children.push(child);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const line = (wanted: RegExp, times = 1): Promise<string> =>
    new Promise((resolve, reject) => {
      child.once("exit", () => reject(new Error(`the service ended: ${lines.join("; ")}`)));
      const look = (): void => {
        const found = lines.filter((one) => wanted.test(one))[times - 1];
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const listening = await line(/^listening on/);
  return {
    pid: child.pid ?? 0,
    port: Number(listening.split(" ").at(-1)),
    begun: async (request, times) => void (await line(new RegExp(`^began ${request} `), times)),
    keys: () => lines.flatMap((one) => (one.startsWith("began ") ? (one.split(" ")[3] ?? []) : [])),
    end: (signal) => end(child, signal),
  };
}

async function end(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // Its output has come to the end, too.
  const ended = once(child, "close");
  child.kill(signal);
  await ended;
}

interface Answer {
  readonly status: number;
  readonly fields: Headers;
  readonly content: string;
}

const alice = { Authorization: "Bearer alice" };

async function send(port: number, request: string, fields: Record<string, string> = {}): Promise<Answer> {
  const [method = "", path = ""] = request.split(" ");
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { ...alice, ...fields },
    ...(method === "GET" ? {} : { body: "content" }),
  });
  return { status: response.status, fields: response.headers, content: await response.text() };
}

/** Sends it, and does not wait: its process is about to end. */
function sendInVain(port: number, request: string, fields: Record<string, string>): Promise<unknown> {
  return send(port, request, fields).catch((error: unknown) => error);
}

const keyed = (): Record<string, string> => ({ "Idempotency-Key": `"${randomUUID()}"` });

test("after a kill, the next process knows what was finished, and says of the rest that it was interrupted", async () => {
  const first = await start({ stuck: true });
  const [done, lost, repeatable] = [keyed(), keyed(), keyed()];
  const answer = await send(first.port, "POST /quick", done);
  expect([answer.status, answer.content]).toEqual([201, `{"pid":${first.pid}}`]);
  const vain = [
    sendInVain(first.port, "POST /stuck", lost),
    sendInVain(first.port, "PUT /stuck", repeatable),
  ];
  await first.begun("POST /stuck");
  await first.begun("PUT /stuck");
  const accepted = await send(first.port, "POST /stuck", { Prefer: "respond-async" });
  const location = accepted.fields.get("location") ?? "";
  expect([accepted.status, location]).toEqual([202, expect.stringContaining("/.meanwhile/operations/")]);
  // A second document is recorded after the first: what is shown once this one is there was durable before.
  await send(first.port, "POST /quick", keyed());
  await first.end("SIGKILL");
  await Promise.all(vain);

  const second = await start({ port: first.port });
  const again = await send(second.port, "POST /quick", done);
  expect([again.status, again.content], "the kept answer of the first process").toEqual([
    201,
    `{"pid":${first.pid}}`,
  ]);
  for (const _ of ["once", "and once more"]) {
    const interrupted = await send(second.port, "POST /stuck", lost);
    expect([interrupted.status, JSON.parse(interrupted.content)]).toEqual([
      500,
      {
        status: 500,
        title: "The operation was interrupted, and its result is not known.",
        detail: "Look at what is there before you send the request again.",
      },
    ]);
  }
  const repeated = await send(second.port, "PUT /stuck", repeatable);
  expect([repeated.status, repeated.content], "PUT is idempotent: it ran again").toEqual([
    201,
    `{"pid":${second.pid}}`,
  ]);
  expect((await send(second.port, "PUT /stuck", repeatable)).content, "and is kept").toBe(
    `{"pid":${second.pid}}`,
  );
  const document = await send(second.port, `GET ${new URL(location).pathname}`);
  expect(JSON.parse(document.content)).toMatchObject({
    state: "interrupted",
    method: "POST",
    outcome: { status: 500 },
  });
  const outcome = await send(second.port, `GET ${new URL(location).pathname}/outcome`);
  expect([outcome.status, outcome.fields.get("content-type")]).toEqual([500, "application/problem+json"]);
  expect(outcome.content).toContain("was interrupted");
  const stranger = await send(second.port, `GET ${new URL(location).pathname}`, {
    Authorization: "Bearer bob",
  });
  expect(stranger.status).toBe(404);
});

test("a process that is told to stop says where to ask; the next one says that it was interrupted", async () => {
  const first = await start({ stuck: true });
  const waiting = send(first.port, "PUT /stuck", keyed());
  await first.begun("PUT /stuck");
  await first.end("SIGTERM");
  const stopping = await waiting;
  const location = stopping.fields.get("location") ?? "";
  expect([stopping.status, stopping.fields.get("retry-after")]).toEqual([503, "5"]);
  const second = await start({ port: first.port });
  const document = await send(second.port, `GET ${new URL(location).pathname}`);
  expect(JSON.parse(document.content)).toMatchObject({ state: "interrupted", outcome: { status: 503 } });
  const outcome = await send(second.port, `GET ${new URL(location).pathname}/outcome`);
  expect(outcome.fields.get("retry-after")).toBe("5");
  expect(JSON.parse(outcome.content)).toMatchObject({ detail: "The request may be sent again." });
});

test("whenever it is killed, no handler runs twice for a key, and what was answered stays answered", async () => {
  const begun = new Map<string, number>();
  for (let round = 0; round < kills; round += 1) {
    const first = await start();
    const keys = Array.from({ length: 40 }, keyed);
    const answers = keys.map((key) => send(first.port, "POST /quick", key).catch(() => undefined));
    await first.begun("POST /quick", 1 + ((seed + round * 17) % 40));
    await first.end("SIGKILL");
    const before = await Promise.all(answers);
    const second = await start({ port: first.port });
    const after = await Promise.all(keys.map((key) => send(second.port, "POST /quick", key)));
    for (const [index, answer] of after.entries()) {
      const told = before[index]?.content;
      if (told !== undefined) expect([answer.status, answer.content], `seed ${seed}`).toEqual([201, told]);
      else expect([201, 500]).toContain(answer.status);
    }
    await second.end("SIGKILL");
    for (const key of [...first.keys(), ...second.keys()]) begun.set(key, (begun.get(key) ?? 0) + 1);
  }
  expect(begun.size).toBeGreaterThanOrEqual(kills);
  expect(
    [...begun].filter(([, times]) => times > 1),
    `seed ${seed}`,
  ).toEqual([]);
});
