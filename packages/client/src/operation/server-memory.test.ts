import { describe, expect, test } from "vitest";
import type { ServerMemory } from "./server-memory.ts";
import { serverMemories, serverMemory } from "./server-memory.ts";
import { at, base, type Reply, scriptedServer } from "./testing/scripted-server.ts";

const dav = (classes: string): Reply => ({ headers: { DAV: classes } });
const says = (status = 200): Response => new Response(null, { status, headers: { Operations: "1" } });
const mute = (status = 200): Response => new Response(null, { status });

async function ask(...replies: readonly Reply[]): Promise<{ memory: ServerMemory; log: readonly string[] }> {
  const { context, log } = scriptedServer(replies.map((reply) => ["OPTIONS /", reply] as const));
  return { memory: serverMemory(context.send, base), log };
}

describe("serverMemory", () => {
  test.each<[string, Reply, boolean]>([
    ["a class", dav("1, 2, <urn:meanwhile:operations:1>"), true],
    ["a field", { headers: { Operations: "1" } }, true],
    ["nothing", {}, false],
    ["a refusal that says it all the same", { status: 405, headers: { Operations: "1" } }, true],
  ])("knows by %s whether there are operations, and asks once", async (_what, reply, has) => {
    const { memory, log } = await ask(reply);
    expect(memory.hasOperations).toBeUndefined();
    expect(await Promise.all([memory.findOperations(), memory.findOperations()])).toEqual([has, has]);
    expect(await memory.findOperations()).toBe(has);
    expect(memory.hasOperations).toBe(has);
    expect(log).toEqual(["OPTIONS /"]);
  });

  test("learns it from any response, without asking; what says nothing takes nothing back", async () => {
    const { memory, log } = await ask();
    expect(memory.answered).toBe(false);
    memory.learn(says());
    memory.learn(mute());
    expect([memory.hasOperations, memory.answered, await memory.findOperations()]).toEqual([
      true,
      true,
      true,
    ]);
    expect(log).toEqual([]);
  });

  test("a refusal to be asked says nothing for later", async () => {
    const { memory } = await ask({ status: 401 }, dav("<urn:meanwhile:operations:1>"));
    expect(await memory.findOperations()).toBe(false);
    expect(await memory.findOperations()).toBe(true);
  });

  test.each([429, 502, 503, 504])("a server that is not ready (%d) is not known", async (status) => {
    const { memory } = await ask({ status }, dav("1"));
    await expect(memory.findOperations()).rejects.toMatchObject({ name: "ConnectionError" });
    expect(memory.hasOperations).toBeUndefined();
    expect(await memory.findOperations()).toBe(false);
  });

  test("that answers are kept is known of one method and one URL alone, and by the last answer", async () => {
    const { memory } = await ask();
    const report = { method: "POST", url: at("/reports") };
    memory.learn(says());
    expect(memory.keepsAnswers(report)).toBe(false);
    memory.learnAnswer(report, says());
    const others = [
      { ...report, method: "PUT" },
      { ...report, url: at("/pay") },
      { ...report, url: at("/reports?all") },
      { ...report, url: new URL("http://other.example/reports") },
    ];
    expect([report, ...others].map((one) => memory.keepsAnswers(one))).toEqual([
      true,
      ...others.map(() => false),
    ]);
    memory.learnAnswer(report, mute(503));
    expect(memory.keepsAnswers(report)).toBe(true);
    memory.learnAnswer(report, mute());
    expect(memory.keepsAnswers(report)).toBe(false);
  });

  test("of any number of URLs the last thousand are remembered", async () => {
    const { memory } = await ask();
    const request = (number: number) => ({ method: "POST", url: at(`/${number}`) });
    for (let number = 0; number < 1_001; number += 1) memory.learnAnswer(request(number), says());
    expect([0, 1, 1_000].map((number) => memory.keepsAnswers(request(number)))).toEqual([false, true, true]);
  });
});

test("what one origin says counts for no other; 64 others are remembered", () => {
  const memoryOf = serverMemories(async () => says(), base);
  const origin = (number: number): URL => new URL(`http://other-${number}.example/ops/1`);
  memoryOf(origin(0)).learn(says());
  expect(memoryOf(base).hasOperations).toBeUndefined();
  expect(memoryOf(origin(0)).hasOperations).toBe(true);
  memoryOf(base).learn(says());
  for (let number = 1; number <= 64; number += 1) memoryOf(origin(number));
  expect([memoryOf(base), memoryOf(origin(0))].map(({ hasOperations }) => hasOperations)).toEqual([
    true,
    undefined,
  ]);
});
