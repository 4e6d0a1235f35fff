import { describe, expect, test } from "vitest";
import {
  clientOf,
  multistatusAnswer,
  type ScriptedAnswer,
  type SeenRequest,
  scriptedServer,
} from "../testing/scripted-server.ts";
import type { ListOptions } from "./dav-client.ts";

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

  test("leaves out what is not below the collection, or deeper than was asked", async () => {
    const hrefs = [
      "/dav/c/a",
      "/dav/c/../../etc/passwd",
      "/dav/other",
      "/dav/cc",
      "/elsewhere/",
      "/dav/c/d/e",
      "urn:x",
    ];
    const server = scriptedServer(multistatusAnswer(collection("/dav/c/"), ...hrefs.map(member)));
    expect(await paths(server, "c/")).toEqual(["c/a"]);
  });

  test("says so where all that the server names is elsewhere", async () => {
    const server = scriptedServer(multistatusAnswer(collection("/inner/c/"), member("/inner/c/a")));
    await expect(paths(server, "c/")).rejects.toMatchObject({ code: "malformed" });
  });

  test("keeps members that failed, with their status (RFC 4918 §14.24)", async () => {
    const failed =
      "<D:response><D:href>/dav/secret</D:href><D:href>/dav/other</D:href><D:status>HTTP/1.1 403 Forbidden</D:status></D:response>";
    const server = scriptedServer(multistatusAnswer(collection("/dav/"), failed, member("/dav/a")));
    const found = [];
    for await (const { name, status } of clientOf(server).list("")) found.push([name, status]);
    expect(found).toEqual([
      ["secret", 403],
      ["other", 403],
      ["a", undefined],
    ]);
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

  test("walks where the server answers as if Depth were 1", async () => {
    const server = scriptedServer((request) => answerOf([request.url.pathname], request));
    expect((await paths(server, "", infinity)).sort()).toEqual(all);
  });

  test.each([401, 404, 423])("%i is an error as with any other Depth", async (status) => {
    const server = scriptedServer(new Response("", { status }));
    await expect(paths(server, "", infinity)).rejects.toMatchObject({ name: "HttpError", status });
    expect(server.seen).toHaveLength(1);
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

function member(href: string): string {
  return response(href, "<D:resourcetype/><D:getcontentlength>1</D:getcontentlength>");
}

function collection(href: string): string {
  return response(href, "<D:resourcetype><D:collection/></D:resourcetype>");
}

function response(href: string, properties: string): string {
  return `<D:response><D:href>${href}</D:href><D:propstat><D:prop>${properties}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
}
