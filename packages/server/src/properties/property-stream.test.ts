import { parsePath } from "@meanwhile/dav";
import { activeLock } from "@meanwhile/dav/xml";
import { beforeEach, describe, expect, test } from "vitest";
import type { Access } from "../access.ts";
import type { ServerContext } from "../context.ts";
import type { Answer } from "../http/answer.ts";
import { toDavError } from "../http/error-answer.ts";
import { propfind } from "../methods/propfind.ts";
import { type Member, type Tree, TreeError, type TreeErrorCode } from "../store.ts";
import { type ResponseView, textOf, viewMultistatus } from "../testing/own/multistatus-view.ts";
import {
  plant,
  readContent,
  type TestRequestOptions,
  testContext,
  testNowMs,
  testRequest,
} from "../testing/own/read-fixture.ts";
import { chunkLength } from "./property-stream.ts";

const prop = (...names: string[]): string =>
  `<propfind xmlns="DAV:"><prop>${names.map((name) => `<${name}/>`).join("")}</prop></propfind>`;

let context: ServerContext;

beforeEach(() => {
  context = testContext();
});

function propfindAnswer(
  target: string,
  { depth = "1", ...options }: TestRequestOptions & { readonly depth?: string } = {},
): Promise<Answer> {
  return propfind(testRequest("PROPFIND", target, { ...options, headers: { depth } }), context);
}

async function ask(...args: Parameters<typeof propfindAnswer>): Promise<ReadonlyMap<string, ResponseView>> {
  return viewMultistatus(await readContent(await propfindAnswer(...args)));
}

/** A tree whose collections fail when their members are asked for: before the first batch, or after it. */
function failingMembers(tree: Tree, failures: Record<string, { code: TreeErrorCode; after: number }>): Tree {
  return new Proxy(tree, {
    get(target, key) {
      if (key === "members") {
        return async function* (...args: Parameters<Tree["members"]>): AsyncGenerator<readonly Member[]> {
          const failure = failures[args[0]];
          let batches = 0;
          for await (const batch of target.members(...args)) {
            if (failure !== undefined && batches >= failure.after) throw new TreeError(failure.code);
            batches += 1;
            yield batch;
          }
          if (failure !== undefined) throw new TreeError(failure.code);
        };
      }
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("lock discovery (RFC 4918 §6.1, §15.8)", () => {
  const lock = async (target: string, depth: "0" | "infinity", owner: string): Promise<string> => {
    const result = await context.locks.create({
      root: parsePath(target),
      scope: "shared",
      depth,
      owner: `<D:owner xmlns:D="DAV:">${owner}</D:owner>`,
      principal: undefined,
      timeoutSeconds: 600,
    });
    if (result.kind !== "granted") throw new Error(result.kind);
    return result.lock.token;
  };
  const tokens = (view: ResponseView | undefined): readonly string[] =>
    (view?.properties.get(200)?.get("{DAV:}lockdiscovery")?.children ?? []).map(
      (active) =>
        active.children.find(({ name }) => name.local === "locktoken")?.children[0]?.text ?? "no token",
    );

  test.each(["1", "infinity"])(
    "Depth %s: each member has its own locks and those it inherits",
    async (depth) => {
      for (const target of ["/top/c/inner/doc", "/top/c/plain", "/top/c/zero/below", "/top/other"]) {
        await plant(context.tree, target);
      }
      const top = await lock("/top", "infinity", "top");
      await lock("/top", "0", "top only");
      const shallow = await lock("/top/c", "0", "c only");
      const inner = await lock("/top/c/inner", "infinity", "inner");
      const zero = await lock("/top/c/zero", "0", "zero");
      await lock("/top/other", "0", "elsewhere");
      const views = await ask("/top/c/", { depth, content: prop("lockdiscovery") });
      expect(tokens(views.get("/top/c/")).toSorted()).toEqual([top, shallow].toSorted());
      expect(tokens(views.get("/top/c/plain"))).toEqual([top]);
      expect(tokens(views.get("/top/c/inner/"))).toEqual([top, inner]);
      expect(tokens(views.get("/top/c/zero/"))).toEqual([top, zero]);
      if (depth === "infinity") {
        expect(tokens(views.get("/top/c/inner/doc"))).toEqual([top, inner]);
        expect(tokens(views.get("/top/c/zero/below"))).toEqual([top]);
      }
    },
  );

  test("a lock is shown with its root, its owner verbatim and the time that remains", async () => {
    await plant(context.tree, "/c/doc");
    await lock("/c", "infinity", "<a/>&amp;");
    const [shown] = await context.locks.covering(parsePath("/c"));
    const answer = await propfindAnswer("/c/doc", { content: prop("lockdiscovery"), prefix: "/dav" });
    expect(await readContent(answer)).toContain(shown ? activeLock(shown, "/dav/c/", testNowMs) : "no lock");
  });

  test("the store is asked twice, however many members there are; not at all where nobody wants to know", async () => {
    for (let index = 0; index < 300; index += 1) await plant(context.tree, `/c/${index}`);
    let questions = 0;
    const { locks } = context;
    context = {
      ...context,
      locks: {
        ...locks,
        covering: (path) => {
          questions += 1;
          return locks.covering(path);
        },
        within: (path) => {
          questions += 1;
          return locks.within(path);
        },
      },
    };
    expect((await ask("/c/", { depth: "infinity" })).size).toBe(301);
    expect(questions).toBe(2);
    await ask("/c/", { content: prop("getetag"), depth: "infinity" });
    expect(questions).toBe(2);
  });
});

describe("members that are not shown", () => {
  const names = async (target: string, depth: string, principal?: string): Promise<readonly string[]> => {
    const options = principal === undefined ? { depth } : { depth, principal };
    return [...(await ask(target, options)).keys()].toSorted();
  };

  test("those that the principal may not read, with all below them", async () => {
    for (const target of [
      "/open/a",
      "/secret/b",
      "/secret/shared/c",
      "/mixed/hidden.txt",
      "/mixed/seen.txt",
    ]) {
      await plant(context.tree, target);
    }
    const secrets = ["/secret", "/mixed/hidden.txt"].map(parsePath);
    const access: Access = {
      may: (principal, _action, path) =>
        principal === "boss" || path === parsePath("/secret/shared") || !secrets.includes(path),
      exceptions: (principal) => (principal === "boss" ? [] : [...secrets, parsePath("/secret/shared")]),
    };
    context = { ...context, access };
    expect(await names("/", "infinity")).toEqual(["/", "/mixed/", "/mixed/seen.txt", "/open/", "/open/a"]);
    expect(await names("/", "1")).toEqual(["/", "/mixed/", "/open/"]);
    expect(await names("/", "1", "boss")).toContain("/secret/");
  });

  test("those at the server's own paths", async () => {
    await plant(context.tree, "/.meanwhile/x");
    await plant(context.tree, "/a");
    context = { ...context, isReserved: (path) => path === "/.meanwhile" };
    expect(await names("/", "infinity")).toEqual(["/", "/a"]);
  });
});

describe("a tree that changes or fails meanwhile", () => {
  beforeEach(async () => {
    for (const target of ["/a/x", "/b/y", "/c/z"]) await plant(context.tree, target);
  });

  const failing = (failures: Parameters<typeof failingMembers>[1]): void => {
    context = { ...context, tree: failingMembers(context.tree, failures) };
  };

  test("a collection that cannot be read is there once, with 403, and the rest goes on", async () => {
    failing({ "/b": { code: "denied", after: 0 } });
    const views = await ask("/", { depth: "infinity" });
    expect(views.get("/b/")).toMatchObject({ status: 403, properties: new Map() });
    expect(views.get("/c/z")?.properties.get(200)).toBeDefined();
    expect(views.size).toBe(6);
  });

  test("a collection that vanished is left out", async () => {
    failing({ "/b": { code: "not-found", after: 0 } });
    expect([...(await ask("/", { depth: "infinity" })).keys()].toSorted()).toEqual([
      "/",
      "/a/",
      "/a/x",
      "/c/",
      "/c/z",
    ]);
  });

  test("a collection that vanishes in its middle has no more members", async () => {
    failing({ "/b": { code: "not-found", after: 1 } });
    expect((await ask("/", { depth: "infinity" })).size).toBe(7);
  });

  test.each([
    ["denied", 403],
    ["unavailable", 503],
    ["busy", 503],
    ["not-found", 404],
    ["not-a-collection", 409],
  ] as const)(
    "the requested collection itself: %s is the answer's status, never an empty listing",
    async (code, status) => {
      failing({ "/": { code, after: 0 } });
      for (const depth of ["1", "infinity"]) {
        const error = await ask("/", { depth }).catch((cause: unknown) => cause);
        expect(error).toBeInstanceOf(TreeError);
        expect(toDavError(error, "PROPFIND").status).toBe(status);
      }
      expect((await ask("/", { depth: "0" })).size).toBe(1);
    },
  );

  test("the first failure of a member is told to the log once the answer was sent", async () => {
    const whole = await propfindAnswer("/", { depth: "infinity" });
    await readContent(whole);
    expect(whole.failure?.()).toBeUndefined();
    failing({ "/b": { code: "denied", after: 0 } });
    const partial = await propfindAnswer("/", { depth: "infinity" });
    await readContent(partial);
    expect(partial.failure?.()).toMatchObject({ code: "denied" });
  });

  test("an answer that cannot go on is cut short, and not ended as if it were whole", async () => {
    failing({ "/b": { code: "denied", after: 1 } });
    const answer = await propfindAnswer("/", { depth: "infinity" });
    await expect(readContent(answer)).rejects.toMatchObject({ code: "denied" });
  });
});

describe("hostile names", () => {
  test("come through XML and URL as they are", async () => {
    const names = [
      "<script>alert(1)<script>",
      `"quotes' & more`,
      "]]>",
      "a%2Fb%00",
      "cafe\u0301",
      "caf\u00e9",
      "\u202Egpj.exe",
      "😀",
      "new\nline\r\ttab",
      "?#;:@",
      " ",
      "D:href",
    ];
    for (const name of names) await plant(context.tree, `/${encodeURIComponent(name)}`);
    const views = await ask("/", { depth: "1" });
    expect(views.size).toBe(names.length + 1);
    const shown = [...views.values()].filter(({ href }) => href !== "/");
    expect(shown.map(({ href }) => parsePath(href).slice(1)).toSorted()).toEqual(names.toSorted());
    for (const view of shown) expect(textOf(view, "displayname")).toBe(parsePath(view.href).slice(1));
  });

  test("with characters that XML cannot carry are still XML (XML 1.0 §2.2)", async () => {
    await plant(context.tree, "/bell%07%01%1B");
    const views = await ask("/", { depth: "1" });
    expect(textOf(views.get("/bell%07%01%1B"), "displayname")).toBe("bell\uFFFD\uFFFD\uFFFD");
  });
});

describe("a very large tree", () => {
  const batchMembers = 100;

  /** A collection of members that are made when they are asked for. */
  function endlessTree(members: number): {
    readonly tree: Tree;
    readonly walk: { batches: number; ended: boolean };
  } {
    const walk = { batches: 0, ended: false };
    const resource = { kind: "document", length: 5, modifiedMs: 0, createdMs: 0, etag: '"1"' } as const;
    const tree = new Proxy(context.tree, {
      get(target, key) {
        if (key !== "members") {
          const value: unknown = Reflect.get(target, key);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async function* (): AsyncGenerator<readonly Member[]> {
          try {
            for (let made = 0; made < members; made += batchMembers) {
              walk.batches += 1;
              yield Array.from({ length: batchMembers }, (_, index) => ({
                name: `member-${made + index}`,
                resource,
                properties: [],
              }));
            }
          } finally {
            walk.ended = true;
          }
        };
      },
    });
    return { tree, walk };
  }

  async function stream(
    members: number,
    closed = new AbortController().signal,
  ): Promise<{
    readonly walk: { batches: number; ended: boolean };
    readonly chunks: AsyncIterator<string | Uint8Array>;
    readonly close: () => void;
  }> {
    const { tree, walk } = endlessTree(members);
    context = { ...context, tree };
    const { body } = await propfindAnswer("/", { content: prop("getetag", "getcontentlength"), closed });
    if (body.kind !== "stream") throw new Error("must be a stream");
    expect(body.length).toBeUndefined();
    const content = body.open();
    return { walk, chunks: content[Symbol.asyncIterator](), close: () => body.close() };
  }

  test("100,000 members are streamed: never more than a chunk and a batch are held", async () => {
    const { walk, chunks, close } = await stream(100_000);
    let responses = 0;
    let text = "";
    let largest = 0;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      largest = Math.max(largest, next.value.length);
      text = text.slice(-"<D:response>".length + 1) + next.value;
      responses += text.split("<D:response>").length - 1;
      // What was taken from the tree has been handed on, but for the batch at hand.
      expect(walk.batches * batchMembers - responses).toBeLessThanOrEqual(batchMembers);
    }
    close();
    expect(responses).toBe(100_001);
    expect(largest).toBeLessThan(chunkLength + 1000);
    expect(walk.batches).toBe(1000);
  });

  test("others get a turn between two chunks", async () => {
    const { chunks } = await stream(20_000);
    let turns = 0;
    let ended = false;
    const count = (): void => {
      turns += 1;
      if (!ended) setImmediate(count);
    };
    setImmediate(count);
    let received = 0;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) received += 1;
    ended = true;
    expect(received).toBeGreaterThan(50);
    expect(turns).toBeGreaterThanOrEqual(received - 3);
  });

  test("a reader who breaks off ends the walk", async () => {
    const { walk, chunks } = await stream(100_000);
    for (let count = 0; count < 4; count += 1) await chunks.next();
    await chunks.return?.();
    expect(walk.ended).toBe(true);
    expect(walk.batches).toBeLessThan(20);
  });

  test("closing an answer that was broken off ends the walk", async () => {
    const { walk, chunks, close } = await stream(100_000);
    for (let count = 0; count < 4; count += 1) await chunks.next();
    close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(walk.ended).toBe(true);
    expect(walk.batches).toBeLessThan(20);
  });

  test("a client that is gone ends the walk, without an end of the document", async () => {
    const gone = new AbortController();
    const { walk, chunks } = await stream(100_000, gone.signal);
    for (let count = 0; count < 4; count += 1) await chunks.next();
    gone.abort();
    const rest: (string | Uint8Array)[] = [];
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
      rest.push(next.value);
    expect(rest.join("")).not.toContain("</D:multistatus>");
    expect(walk.ended).toBe(true);
    expect(walk.batches).toBeLessThan(20);
  });

  test("an answer that is closed unopened ends the walk", async () => {
    const { tree, walk } = endlessTree(1000);
    context = { ...context, tree };
    const { body } = await propfindAnswer("/");
    if (body.kind !== "stream") throw new Error("must be a stream");
    body.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(walk).toEqual({ batches: 1, ended: true });
  });

  test("a tree that answers slowly does not keep back what is there already", async () => {
    let nowMs = testNowMs;
    const now = (): number => {
      nowMs += 10_000;
      return nowMs;
    };
    context = { ...context, now };
    const { chunks } = await stream(1000);
    // The root and the first batch are far less than a chunk.
    const { value } = await chunks.next();
    expect(value?.length).toBeLessThan(chunkLength);
    expect(value).toContain("member-99<");
    expect(value).not.toContain("member-100<");
  });
});
