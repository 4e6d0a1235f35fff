import { describe, expect, test } from "vitest";
import { ConnectionError } from "../../error/connection-error.ts";
import { LockLostError } from "../../error/lock-lost-error.ts";
import type { Surroundings } from "../../repeat/surroundings.ts";
import {
  clientOf,
  multistatusAnswer,
  type ScriptedAnswer,
  scriptedServer,
} from "../../testing/scripted-server.ts";
import type { LockOptions } from "../dav-client.ts";

const token = "urn:uuid:1";

describe("lock", () => {
  test("asks for what was wished (RFC 4918 §9.10.1, §10.7, §14.11)", async () => {
    const server = scriptedServer(lockServer());
    const client = clientOf(server);
    const wishes: [LockOptions, string, string, string][] = [
      [
        {},
        "infinity",
        "Second-600",
        "<D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>",
      ],
      [
        { scope: "shared", depth: "0", timeoutSeconds: 30.5, owner: "Ann & Bob" },
        "0",
        "Second-31",
        "<D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>Ann &amp; Bob</D:owner></D:lockinfo>",
      ],
      [
        { timeoutSeconds: Number.POSITIVE_INFINITY, owner: "mailto:ann@files.example" },
        "infinity",
        "Infinite, Second-4294967295",
        "<D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>mailto:ann@files.example</D:href></D:owner></D:lockinfo>",
      ],
    ];
    for (const [options, depth, timeout, info] of wishes) {
      await client.lock("other", { ...options, refresh: false });
      const request = server.seen.at(-1);
      expect([request?.headers.get("depth"), request?.headers.get("timeout")]).toEqual([depth, timeout]);
      expect(request?.content).toContain(info);
    }
    await expect(client.lock("a", { timeoutSeconds: 0 })).rejects.toMatchObject({ code: "ERR_LOCK_TIMEOUT" });
  });

  test("tells token, root and time as the server granted them", async () => {
    const handle = await clientOf(scriptedServer(lockServer({ seconds: "Second-120" })), still()).lock("c/a");
    expect(handle).toMatchObject({
      token,
      root: new URL("https://files.example/dav/c/"),
      timeoutSeconds: 120,
    });
    const endless = await clientOf(scriptedServer(lockServer({ seconds: "Infinite" })), still()).lock("c/a");
    expect(endless.timeoutSeconds).toBe("infinite");
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["a token without angle brackets", { "Lock-Token": token }, activeLock(token)],
    ["no Lock-Token field", {}, activeLock(token)],
    ["a body that is none", { "Lock-Token": `<${token}>` }, "locked"],
    [
      "a discovery as the root",
      { "Lock-Token": `<${token}>` },
      activeLock(token)
        .replace(/<\/?D:prop[^>]*>/g, "")
        .replace("<D:lockdiscovery", '<D:lockdiscovery xmlns:D="DAV:"'),
    ],
  ])("bears with %s", async (_name, headers, body) => {
    const handle = await clientOf(scriptedServer(new Response(body, { headers })), still()).lock("c");
    expect(handle.token).toBe(token);
  });

  test.each<[string, Response]>([
    ["no token", new Response("")],
    ["two locks and no word which is ours", new Response(activeLock(token, "urn:uuid:2"))],
    ["a token that would break fields", new Response("", { headers: { "Lock-Token": "<a b>" } })],
  ])("%s is an error", async (_name, answer) => {
    await expect(clientOf(scriptedServer(answer)).lock("c")).rejects.toMatchObject({ code: "malformed" });
  });

  test("a member that is locked fails it (RFC 4918 §9.10.9)", async () => {
    const answer = multistatusAnswer(
      "<D:response><D:href>/dav/c/x</D:href><D:status>HTTP/1.1 423 Locked</D:status></D:response>",
      "<D:response><D:href>/dav/c/</D:href><D:status>HTTP/1.1 424 Failed Dependency</D:status></D:response>",
    );
    await expect(clientOf(scriptedServer(answer)).lock("c/")).rejects.toMatchObject({
      name: "MultistatusError",
    });
  });
});

describe("a lock that is held", () => {
  test("is refreshed without a body, and with its token in an If list (RFC 4918 §9.10.2)", async () => {
    const server = scriptedServer(lockServer());
    const handle = await clientOf(server, still()).lock("c");
    await handle.refresh();
    const request = server.seen[1];
    expect([request?.method, request?.content]).toEqual(["LOCK", ""]);
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      if: `(<${token}>)`,
      timeout: "Second-600",
    });
    expect(request?.headers.has("content-type")).toBe(false);
    expect(request?.headers.has("depth")).toBe(false);
  });

  test("is neither refreshed nor freed by a 207 that tells of a failure (RFC 4918 §13)", async () => {
    const failed = multistatusAnswer(
      "<D:response><D:href>/dav/c/</D:href><D:status>HTTP/1.1 423 Locked</D:status></D:response>",
    );
    const grants = lockServer();
    const server = scriptedServer(grants, failed);
    const handle = await clientOf(server, still()).lock("c", { refresh: false });
    for (const done of [handle.refresh(), handle.unlock()]) {
      await expect(done).rejects.toMatchObject({ name: "MultistatusError", members: [{ status: 423 }] });
    }
    expect(handle.lost.aborted).toBe(false);
    const silent = scriptedServer(grants, multistatusAnswer());
    const other = await clientOf(silent, still()).lock("c", { refresh: false });
    await expect(other.refresh()).rejects.toMatchObject({ code: "malformed" });
  });

  test("is refreshed by itself each time half of its time is over, and no more once it is freed", async () => {
    const clock = steps();
    const server = scriptedServer(lockServer({ seconds: "Second-100" }));
    const handle = await clientOf(server, clock).lock("c");
    await clock.pass();
    await clock.pass();
    expect(clock.asked).toEqual([50_000, 50_000, 50_000]);
    expect(server.seen.map(({ method }) => method)).toEqual(["LOCK", "LOCK", "LOCK"]);
    await handle.unlock();
    await handle.unlock();
    expect(server.seen[3]?.headers.get("lock-token")).toBe(`<${token}>`);
    expect(server.seen).toHaveLength(4);
    expect(handle.lost.reason).toMatchObject({ name: "LockLostError", loss: "unlocked" });
    await expect(handle.refresh()).rejects.toBeInstanceOf(LockLostError);
  });

  test("that cannot be refreshed is tried again until its time is over", async () => {
    const clock = steps();
    const server = scriptedServer(lockServer({ seconds: "Second-100" }), new Response("", { status: 503 }));
    const handle = await clientOf(server, clock).lock("c");
    for (let step = 0; step < 12 && !handle.lost.aborted; step += 1) await clock.pass();
    expect(handle.lost.reason).toMatchObject({ loss: "expired" });
    expect(server.seen.length).toBeGreaterThan(5);
    expect(clock.now()).toBeGreaterThanOrEqual(100_000);
  });

  test.each([404, 409, 412, 423])("is lost at once where its refreshing is answered %i", async (status) => {
    const clock = steps();
    const handle = await clientOf(scriptedServer(lockServer(), new Response("", { status })), clock).lock(
      "c",
    );
    await clock.pass();
    expect(handle.lost.reason).toMatchObject({ loss: "refused", cause: { status } });
  });

  test("is not refreshed where that was not wished, and lost in time", async () => {
    const clock = steps();
    const server = scriptedServer(lockServer({ seconds: "Second-100" }));
    const handle = await clientOf(server, clock).lock("c", { refresh: false });
    await clock.pass();
    expect(clock.asked).toEqual([100_000]);
    expect(server.seen).toHaveLength(1);
    expect(handle.lost.reason).toMatchObject({ loss: "expired" });
  });

  test("is left alone once the client is closed", async () => {
    const clock = steps();
    const server = scriptedServer(lockServer());
    const client = clientOf(server, clock);
    const handle = await client.lock("c");
    await client.close();
    await clock.pass();
    expect(server.seen).toHaveLength(1);
    expect(handle.lost.aborted).toBe(false);
  });

  test("is freed by await using", async () => {
    const server = scriptedServer(lockServer());
    {
      await using handle = await clientOf(server, still()).lock("c");
      expect(handle.lost.aborted).toBe(false);
    }
    expect(server.seen.at(-1)?.method).toBe("UNLOCK");
  });

  test("goes with the resource that is deleted or moved away (RFC 4918 §7.5, §9.6.1)", async () => {
    for (const method of ["delete", "move"] as const) {
      const client = clientOf(scriptedServer(lockServer()), still());
      const handle = await client.lock("c/a");
      await (method === "delete" ? client.delete("c") : client.move("c/", "d/")).outcome;
      expect(handle.lost.reason).toMatchObject({ loss: "removed" });
    }
  });

  test("unlock, of which nobody knows whether it arrived, says so, and is not sent again", async () => {
    for (const [mayHaveArrived, name] of [
      [true, "OutcomeUnknownError"],
      [false, "ConnectionError"],
    ] as const) {
      const lost = new ConnectionError("lost", "gone", { mayHaveArrived });
      const server = scriptedServer(() => Promise.reject(lost));
      await expect(clientOf(server).unlock("a", token)).rejects.toMatchObject({ name });
      expect(server.seen).toHaveLength(1);
    }
  });

  test("unlock by its token frees the handle too, and of others sends the token", async () => {
    const server = scriptedServer(lockServer());
    const client = clientOf(server, still());
    const handle = await client.lock("c/");
    await client.unlock("elsewhere", token);
    expect(handle.lost.reason).toMatchObject({ loss: "unlocked" });
    await client.unlock("elsewhere", "urn:uuid:9");
    expect(server.seen.slice(1).map(({ url, headers }) => [url.pathname, headers.get("lock-token")])).toEqual(
      [
        ["/dav/c/", "<urn:uuid:1>"],
        ["/dav/elsewhere", "<urn:uuid:9>"],
      ],
    );
  });
});

describe("tokens are submitted by themselves (RFC 4918 §7.5, §10.4)", () => {
  const base = "https://files.example/dav";
  test.each<
    [
      string,
      "0" | "infinity",
      string,
      (client: ReturnType<typeof clientOf>) => Promise<unknown>,
      string | null,
    ]
  >([
    ["on the resource", "infinity", "/dav/a", (c) => c.put("a", "x").outcome, `(<${token}>)`],
    ["on a collection above", "infinity", "/dav/c/", (c) => c.put("c/d/e", "x").outcome, `(<${token}>)`],
    [
      "on a collection above that does not reach down",
      "0",
      "/dav/c/",
      (c) => c.put("c/d/e", "x").outcome,
      null,
    ],
    [
      "on the collection, whose members change",
      "0",
      "/dav/c/",
      (c) => c.put("c/d", "x").outcome,
      `<${base}/c/> (<${token}>)`,
    ],
    [
      "below what is deleted",
      "0",
      "/dav/c/d/e",
      (c) => c.delete("c/").outcome,
      `<${base}/c/d/e> (<${token}>)`,
    ],
    ["elsewhere", "infinity", "/dav/cc", (c) => c.delete("c").outcome, null],
    [
      "on the destination",
      "infinity",
      "/dav/d/",
      (c) => c.copy("a", "d/a").outcome,
      `<${base}/d/> (<${token}>)`,
    ],
    ["on the source of a copy", "infinity", "/dav/a", (c) => c.copy("a", "b").outcome, null],
    ["on the source of a move", "infinity", "/dav/a", (c) => c.move("a", "b").outcome, `(<${token}>)`],
    [
      "where properties change",
      "infinity",
      "/dav/a",
      (c) => c.patchProperties("a", [{ remove: { namespace: "u:", local: "p" } }]),
      `(<${token}>)`,
    ],
    [
      "with the tokens of others",
      "infinity",
      "/dav/a",
      (c) => c.put("a", "x", { lockTokens: ["urn:o", token] }).outcome,
      `(<${token}>) (<urn:o>)`,
    ],
    [
      "elsewhere, with the tokens of others",
      "0",
      "/dav/c/",
      (c) => c.put("c/a", "x", { lockTokens: ["urn:o"] }).outcome,
      `<${base}/c/> (<${token}>) <${base}/c/a> (<urn:o>)`,
    ],
    ["with other requests", "infinity", "/dav/a", (c) => c.start("PATCH", "a").outcome, `(<${token}>)`],
    [
      "where another lock is taken below",
      "0",
      "/dav/c/",
      (c) => c.lock("c/new", { refresh: false }),
      `<${base}/c/> (<${token}>)`,
    ],
  ])("of a lock %s", async (_name, depth, root, act, field) => {
    const server = scriptedServer(lockServer({ root, depth }));
    const client = clientOf(server, still());
    await client.lock(new URL(root, base), { depth });
    await act(client);
    expect(server.seen[1]?.headers.get("if")).toBe(field);
  });

  test("but not once it is lost", async () => {
    const server = scriptedServer(lockServer({ root: "/dav/a" }));
    const client = clientOf(server, still());
    await (await client.lock("a")).unlock();
    await client.put("a", "x").outcome;
    expect(server.seen[2]?.headers.has("if")).toBe(false);
  });
});

interface Granted {
  readonly seconds?: string;
  readonly root?: string;
  readonly depth?: string;
}

function lockServer(granted: Granted = {}): ScriptedAnswer {
  return ({ method, content }) => {
    if (method !== "LOCK") return new Response(null, { status: 204 });
    const headers: Record<string, string> = content === "" ? {} : { "Lock-Token": `<${token}>` };
    return new Response(activeLockOf(token, granted), { headers });
  };
}

function activeLock(...tokens: readonly string[]): string {
  return tokens.length === 1
    ? activeLockOf(tokens[0] ?? "", {})
    : activeLockOf(tokens[0] ?? "", {}).replace(
        "</D:lockdiscovery>",
        `${/<D:activelock>.*<\/D:activelock>/s.exec(activeLockOf(tokens[1] ?? "", {}))?.[0]}</D:lockdiscovery>`,
      );
}

function activeLockOf(
  own: string,
  { seconds = "Second-600", root = "/dav/c/", depth = "infinity" }: Granted,
): string {
  return (
    `<D:prop xmlns:D="DAV:"><D:lockdiscovery><D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:exclusive/></D:lockscope>` +
    `<D:depth>${depth}</D:depth><D:timeout>${seconds}</D:timeout><D:locktoken><D:href>${own}</D:href></D:locktoken>` +
    `<D:lockroot><D:href>http://inner${root}</D:href></D:lockroot></D:activelock></D:lockdiscovery></D:prop>`
  );
}

/** Time that does not pass. */
function still(): Surroundings {
  return {
    now: () => 0,
    sleep: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    random: () => 0.5,
    newKey: () => "key",
  };
}

/** Time that passes a sleep at a time. */
function steps(): Surroundings & { readonly asked: readonly number[]; pass(): Promise<void> } {
  let nowMs = 0;
  let wake: (() => void) | undefined;
  const asked: number[] = [];
  return {
    ...still(),
    asked,
    now: () => nowMs,
    sleep(milliseconds, signal) {
      asked.push(milliseconds);
      return new Promise((resolve, reject) => {
        wake = () => {
          nowMs += milliseconds;
          resolve();
        };
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    },
    async pass() {
      wake?.();
      wake = undefined;
      // Whatever follows without a network is done after one turn.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
