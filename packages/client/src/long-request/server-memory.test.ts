import { describe, expect, test } from "vitest";
import { serverMemory } from "./server-memory.ts";
import type { ServerMemory } from "./start-long-request.ts";
import { base, type Reply, scriptedServer } from "./testing/scripted-server.ts";

const dav = (classes: string): Reply => ({ headers: { DAV: classes } });

async function ask(...replies: readonly Reply[]): Promise<{ memory: ServerMemory; log: readonly string[] }> {
  const { context, log } = scriptedServer(replies.map((reply) => ["OPTIONS /", reply] as const));
  return { memory: serverMemory(context.send, base), log };
}

describe("serverMemory", () => {
  test.each<[string, Reply, boolean]>([
    ["the class of our WebDAV server (RFC 4918 §10.1)", dav("1, 2, <urn:meanwhile:operations:1>"), true],
    ["the field of the middleware", { headers: { Operations: "1" } }, true],
    ["another version", dav("1, <urn:meanwhile:operations:2>"), false],
    ["another version of the middleware", { headers: { Operations: "2" } }, false],
    ["a class that only has it within", dav("<x-urn:meanwhile:operations:1>"), false],
    ["nothing", {}, false],
    ["a refusal that says it all the same", { status: 405, headers: { Operations: "1" } }, true],
  ])("knows by %s whether answers are kept, and asks once", async (_what, reply, keeps) => {
    const { memory, log } = await ask(reply);
    expect(memory.keeps).toBeUndefined();
    expect(await Promise.all([memory.keepsAnswers(), memory.keepsAnswers()])).toEqual([keeps, keeps]);
    expect(await memory.keepsAnswers()).toBe(keeps);
    expect(memory.keeps).toBe(keeps);
    expect(log).toEqual(["OPTIONS /"]);
  });

  test("learns it from any response, without asking; what says nothing takes nothing back", async () => {
    const { memory, log } = await ask();
    expect(memory.answered).toBe(false);
    memory.learn(new Response(null, { headers: { Operations: "1" } }));
    memory.learn(new Response());
    expect([memory.keeps, memory.answered, await memory.keepsAnswers()]).toEqual([true, true, true]);
    expect(log).toEqual([]);
  });

  test("a refusal to be asked says nothing for later", async () => {
    const { memory } = await ask({ status: 401 }, dav("<urn:meanwhile:operations:1>"));
    expect(await memory.keepsAnswers()).toBe(false);
    expect(await memory.keepsAnswers()).toBe(true);
  });

  test.each([429, 502, 503, 504])("a server that is not ready (%d) is not known", async (status) => {
    const { memory } = await ask({ status }, dav("1"));
    await expect(memory.keepsAnswers()).rejects.toMatchObject({ name: "ConnectionError" });
    expect(memory.keeps).toBeUndefined();
    expect(await memory.keepsAnswers()).toBe(false);
  });
});
