import { describe, expect, test } from "vitest";
import { ConnectionError } from "../../error/connection-error.ts";
import { MultistatusError } from "../../error/multistatus-error.ts";
import {
  clientOf,
  multistatusAnswer,
  type ScriptedAnswer,
  type SeenRequest,
  scriptedServer,
} from "../../testing/scripted-server.ts";
import type { ListOptions } from "../dav-client.ts";

describe("list", () => {
  test("gives members without the collection itself, in whatever spelling it comes", async () => {
    for (const self of [
      "/dav/caf%C3%A9/",
      "/dav/caf%c3%a9",
      "/dav/cafe%CC%81/",
      "http://inner/dav/caf\u00E9/",
    ]) {
      const server = scriptedServer(
        multistatusAnswer(collection(self), member("/dav/caf%C3%A9/a b"), collection("/dav/caf%C3%A9/c/")),
      );
      expect(await paths(server, "caf\u00E9/")).toEqual(["caf\u00E9/a b", "caf\u00E9/c/"]);
      expect(server.seen[0]?.headers.get("depth")).toBe("1");
    }
  });

  test("gives a member before the answer has ended, and leaving the loop ends the request", async () => {
    let cancelled = false;
    const head = `<D:multistatus xmlns:D="DAV:">${collection("/dav/")}${member("/dav/a")}`;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(head)),
      cancel: () => {
        cancelled = true;
      },
    });
    const server = scriptedServer(() => new Response(body, { status: 207 }));
    for await (const { path } of clientOf(server).list("")) {
      expect(path).toBe("a");
      break;
    }
    expect(cancelled).toBe(true);
  });

  test("leaves out what is deeper than was asked, and what the collection is in", async () => {
    const hrefs = ["/dav/", "/dav/c/..", "/dav/c/a", "/dav/c/a/", "/dav/c/d/e"];
    const told = [collection("/dav/c/"), ...hrefs.map(member), collection("/dav/c/d/")];
    const server = scriptedServer(multistatusAnswer(...told));
    expect(await paths(server, "c/")).toEqual(["c/a", "c/a", "c/d/"]);
  });

  test.each([
    "/dav/c/../../etc/passwd",
    "/dav/other",
    "/dav/cc",
    "/dav/C/b",
    "/elsewhere/",
    "urn:x",
    "http://[",
    "//",
  ])("%s, which is not below the collection, may stand for a member: not all was told", async (href) => {
    for (const order of [
      [href, "/dav/c/a"],
      ["/dav/c/a", href],
    ]) {
      const server = scriptedServer(multistatusAnswer(collection("/dav/c/"), ...order.map(member)));
      const { found, error } = await listing(server, "c/");
      expect(found).toEqual(["c/a"]);
      expect(error).toMatchObject({ name: "MultistatusError", failed: [{ status: 500 }] });
    }
  });

  test("says so where all that the server names is elsewhere", async () => {
    const server = scriptedServer(multistatusAnswer(collection("/inner/c/"), member("/inner/c/a")));
    await expect(paths(server, "c/")).rejects.toMatchObject({ code: "malformed" });
  });

  describe("ends without an error only where all was told (RFC 4918 §14.22, §14.24)", () => {
    const good = member("/dav/c/a");
    const own = collection("/dav/c/");
    const allOf = (href: string, code: number): string =>
      `<D:response><D:href>${href}</D:href><D:propstat><D:prop><D:resourcetype/><D:getetag/></D:prop><D:status>HTTP/1.1 ${code} X</D:status></D:propstat></D:response>`;

    test.each<[string, readonly string[], object]>([
      ["the collection's status", [failed("/dav/c/", 503)], { name: "HttpError", status: 503 }],
      ["the same of one that may not be seen", [failed("/dav/c", 403)], { name: "HttpError", status: 403 }],
      ["the same of one that is gone", [failed("/dav/c/", 404)], { name: "HttpError", status: 404 }],
      ["the collection's propstat", [allOf("/dav/c/", 503)], { name: "HttpError", status: 503 }],
      [
        "its propstat, of which nothing was found",
        [allOf("/dav/c/", 404)],
        { name: "HttpError", status: 404 },
      ],
      ["a redirection", [failed("/dav/c/", 302)], { name: "HttpError", status: 302 }],
      ["no response at all", [], { name: "ConnectionError", code: "malformed" }],
      [
        "members elsewhere alone",
        [own, member("/inner/c/a")],
        { name: "ConnectionError", code: "malformed" },
      ],
    ])("%s", async (_name, responses, error) => {
      const server = scriptedServer(multistatusAnswer(...responses));
      expect(await listing(server, "c/")).toEqual({ found: [], error: expect.objectContaining(error) });
    });

    test.each<[string, readonly string[], readonly [path: string, status: number][]]>([
      ["a member's status", [failed("/dav/c/b", 403)], [["/dav/c/b", 403]]],
      [
        "two members that share it",
        [failed("/dav/c/b</D:href><D:href>/dav/c/d", 423)],
        [
          ["/dav/c/b", 423],
          ["/dav/c/d", 423],
        ],
      ],
      ["a member's propstat", [allOf("/dav/c/b", 500)], [["/dav/c/b", 500]]],
      ["a member of which nothing was found", [allOf("/dav/c/b", 404)], [["/dav/c/b", 404]]],
      [
        "a member of unknown type",
        [
          allOf("/dav/c/b", 507).replace(
            "</D:response>",
            "<D:propstat><D:prop><D:getcontentlength>1</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>",
          ),
        ],
        [["/dav/c/b", 507]],
      ],
      [
        "a propstat without status",
        [member("/dav/c/b").replace(/<D:status>.*<\/D:status>/, "")],
        [["/dav/c/b", 500]],
      ],
      ["a collection of which only what is in it is told", [member("/dav/c/d/e")], [["/dav/c/d/", 500]]],
      ["the same, deeper", [member("/dav/c/d/e/f"), member("/dav/c/d/g")], [["/dav/c/d/", 500]]],
      ["two empty ones", [member(""), member("")], [["/dav/c/", 500]]],
      ["a response without href", [failed("", 200).replace("<D:href></D:href>", "")], [["/dav/c/", 500]]],
      [
        "the collection's own, beside members: the listing was cut (RFC 5323 §5.8)",
        [failed("/dav/c/", 507)],
        [["/dav/c/", 507]],
      ],
    ])("%s, which comes after what could be told", async (_name, responses, members) => {
      for (const order of [
        [own, ...responses, good],
        [good, ...responses],
      ]) {
        const { found, error } = await listing(scriptedServer(multistatusAnswer(...order)), "c/");
        expect(found).toEqual(["c/a"]);
        expect(error).toBeInstanceOf(MultistatusError);
        const { failed, method } = error as MultistatusError;
        expect([method, failed.map(({ url, status }) => [url.pathname, status])]).toEqual([
          "PROPFIND",
          members,
        ]);
      }
    });

    test("an empty href is the collection's own where that has no other, else a failure", async () => {
      expect(await paths(scriptedServer(multistatusAnswer(collection(""), good)), "c/")).toEqual(["c/a"]);
      const { found, error } = await listing(scriptedServer(multistatusAnswer(own, member(""), good)), "c/");
      expect([found, error]).toEqual([["c/a"], expect.any(MultistatusError)]);
    });

    test.each(["?x", "#y", "?"])("%s as an href may stand for a member, which is not told", async (href) => {
      for (const kind of [member, collection]) {
        const { found, error } = await listing(
          scriptedServer(multistatusAnswer(own, kind(href), good)),
          "c/",
        );
        expect([found, error]).toEqual([["c/a"], expect.any(MultistatusError)]);
      }
    });

    test("what is in a document is a failure", async () => {
      const told = multistatusAnswer(own, member("/dav/c/d"), member("/dav/c/d/e"));
      const { found, error } = await listing(scriptedServer(told), "c/");
      expect([found, error]).toEqual([["c/d"], expect.any(MultistatusError)]);
    });

    test("a property that failed beside others is no failure of its resource", async () => {
      const partly = good.replace(
        "</D:response>",
        "<D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 403 X</D:status></D:propstat></D:response>",
      );
      expect(await paths(scriptedServer(multistatusAnswer(own, partly)), "c/")).toEqual(["c/a"]);
    });
  });

  test("needs memory for one member at a time: 10,000 pass", async () => {
    const encoder = new TextEncoder();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent === 0) controller.enqueue(encoder.encode('<D:multistatus xmlns:D="DAV:">'));
        let piece = "";
        for (let index = 0; index < 1000; index += 1) piece += member(`/dav/${sent + index}`);
        controller.enqueue(encoder.encode(piece));
        sent += 1000;
        if (sent < 10_000) return;
        controller.enqueue(encoder.encode("</D:multistatus>"));
        controller.close();
      },
    });
    let members = 0;
    let most = 0;
    for await (const _ of clientOf(scriptedServer(() => new Response(body, { status: 207 }))).list("")) {
      members += 1;
      most = Math.max(most, sent - members);
    }
    expect(members).toBe(10_000);
    expect(most).toBeLessThan(5000);
  });

  test("an answer that breaks off is an error, not a short listing", async () => {
    const answer = new Response(`<D:multistatus xmlns:D="DAV:">${member("/dav/a")}`, { status: 207 });
    await expect(paths(scriptedServer(answer), "")).rejects.toMatchObject({ code: "malformed" });
  });
});

describe("list of Depth infinity", () => {
  const tree: Readonly<Record<string, readonly string[]>> = {
    "/dav/": ["/dav/a", "/dav/c/", "/dav/e/"],
    "/dav/c/": ["/dav/c/b", "/dav/c/d/"],
    "/dav/c/d/": ["/dav/c/d/x"],
    "/dav/e/": [],
  };
  const all = ["a", "c/", "c/b", "c/d/", "c/d/x", "e/"];
  const infinity: ListOptions = { depth: "infinity" };

  test("asks once where the server tells everything", async () => {
    const server = scriptedServer((request) => answerOf(Object.keys(tree), request));
    expect((await paths(server, "", infinity)).sort()).toEqual(all);
    expect(server.seen).toHaveLength(1);
  });

  test.each([400, 403, 405, 500, 501])(
    "walks where the server answers %i (RFC 4918 §9.1)",
    async (status) => {
      const server = scriptedServer((request) =>
        request.headers.get("depth") === "infinity"
          ? new Response("", { status })
          : answerOf([request.url.pathname], request),
      );
      expect((await paths(server, "", infinity)).sort()).toEqual(all);
      expect(server.seen).toHaveLength(5);
    },
  );

  test("a collection of which only what is in it was told is a failure at its end", async () => {
    const told = [collection("/dav/"), collection("/dav/a/"), member("/dav/a/b/c/d"), member("/dav/a/e")];
    const { found, error } = await listing(scriptedServer(multistatusAnswer(...told)), "", {
      depth: "infinity",
    });
    expect(found).toEqual(["a/", "a/b/c/d", "a/e"]);
    const { failed } = error as MultistatusError;
    expect(failed.map(({ url, status }) => [url.pathname, status])).toEqual([["/dav/a/b/c/", 500]]);
  });

  test("walks where the server answers as if Depth were 1", async () => {
    const server = scriptedServer((request) => answerOf([request.url.pathname], request));
    expect((await paths(server, "", infinity)).sort()).toEqual(all);
  });

  test("walks where the server cuts every connection before it tells anything", async () => {
    const server = scriptedServer((request) => {
      if (request.headers.get("depth") === "infinity")
        throw new ConnectionError("lost", "cut", { mayHaveArrived: true });
      return request.url.pathname === "/dav/c/"
        ? new Response("", { status: 403 })
        : answerOf([request.url.pathname], request);
    });
    const { found, error } = await listing(server, "", infinity);
    expect(found.sort()).toEqual(["a", "c/", "e/"]);
    expect(error).toMatchObject({ name: "MultistatusError", members: [{ status: 403 }] });
  });

  test.each([401, 404, 423])("%i is an error as with any other Depth", async (status) => {
    const server = scriptedServer(new Response("", { status }));
    await expect(paths(server, "", infinity)).rejects.toMatchObject({ name: "HttpError", status });
    expect(server.seen).toHaveLength(1);
  });

  test("a collection that cannot be listed is told at the end, after all others", async () => {
    const server = scriptedServer(({ url, headers }) => {
      if (headers.get("depth") === "infinity") return new Response("", { status: 403 });
      if (url.pathname === "/dav/c/") return new Response("", { status: 403 });
      if (url.pathname === "/dav/e/")
        return multistatusAnswer(collection("/dav/e/"), failed("/dav/e/x", 500));
      return multistatusAnswer(
        collection("/dav/"),
        collection("/dav/c/"),
        collection("/dav/e/"),
        member("/dav/a"),
      );
    });
    const { found, error } = await listing(server, "", infinity);
    expect(found.sort()).toEqual(["a", "c/", "e/"]);
    const { failed: failures } = error as MultistatusError;
    expect(failures.map(({ url, status }) => [url.pathname, status]).sort()).toEqual([
      ["/dav/c/", 403],
      ["/dav/e/x", 500],
    ]);
  });

  test("failures in what was told at once are told at the end", async () => {
    const server = scriptedServer(
      multistatusAnswer(
        collection("/dav/"),
        collection("/dav/c/"),
        member("/dav/c/b"),
        failed("/dav/e/", 503),
      ),
    );
    const { found, error } = await listing(server, "", infinity);
    expect(found).toEqual(["c/", "c/b"]);
    expect((error as MultistatusError).failed).toMatchObject([{ status: 503 }]);
    expect(server.seen).toHaveLength(1);
  });

  test.each([401, 429, 503])("%i of one collection ends it, for it concerns all", async (status) => {
    const server = scriptedServer(({ url, headers }) =>
      headers.get("depth") === "infinity"
        ? new Response("", { status: 403 })
        : url.pathname === "/dav/"
          ? multistatusAnswer(collection("/dav/"), collection("/dav/c/"))
          : new Response("", { status }),
    );
    const { error } = await listing(server, "", infinity);
    expect(error).toMatchObject({ name: "HttpError", status });
  });

  test("a server that names a collection as its own member leads into no loop", async () => {
    const loop: ScriptedAnswer = ({ url, headers }) =>
      headers.get("depth") === "infinity"
        ? new Response("", { status: 403 })
        : multistatusAnswer(
            collection(url.pathname),
            collection("/dav/"),
            collection("/dav/c/"),
            collection("/dav/%63"),
          );
    const server = scriptedServer(loop);
    expect(await paths(server, "", infinity)).toEqual(["c/", "c/"]);
    expect(server.seen).toHaveLength(3);
  });

  test("a tree without a bottom is an error", async () => {
    const endless: ScriptedAnswer = ({ url, headers }) =>
      headers.get("depth") === "infinity"
        ? new Response("", { status: 403 })
        : multistatusAnswer(collection(url.pathname), collection(`${url.pathname}a/`));
    await expect(paths(scriptedServer(endless), "", infinity)).rejects.toMatchObject({ code: "malformed" });
  });

  function answerOf(collections: readonly string[], { url }: SeenRequest): Response {
    const below = collections.flatMap((path) => tree[path] ?? []);
    return multistatusAnswer(
      collection(url.pathname),
      ...below.map((path) => (path.endsWith("/") ? collection(path) : member(path))),
    );
  }
});

async function paths(
  server: ReturnType<typeof scriptedServer>,
  place: string,
  options: ListOptions = {},
): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of clientOf(server).list(place, options)) found.push(path);
  return found;
}

async function listing(
  server: ReturnType<typeof scriptedServer>,
  place: string,
  options: ListOptions = {},
): Promise<{ readonly found: string[]; readonly error: unknown }> {
  const found: string[] = [];
  try {
    for await (const { path } of clientOf(server).list(place, options)) found.push(path);
    return { found, error: undefined };
  } catch (error) {
    return { found, error };
  }
}

function failed(href: string, status: number): string {
  return `<D:response><D:href>${href}</D:href><D:status>HTTP/1.1 ${status} X</D:status></D:response>`;
}

function member(href: string): string {
  return response(href, "<D:resourcetype/><D:getcontentlength>1</D:getcontentlength>");
}

function collection(href: string): string {
  return response(href, "<D:resourcetype><D:collection/></D:resourcetype>");
}

function response(href: string, properties: string): string {
  return `<D:response><D:href>${href}</D:href><D:propstat><D:prop>${properties}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
}
