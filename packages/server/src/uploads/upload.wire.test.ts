/** Resumable uploads over the wire (draft-ietf-httpbis-resumable-upload-12, interop version 8). */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { parsePath, type ResourcePath } from "@meanwhile/dav";
import { afterEach, expect, test, vi } from "vitest";
import type { Tree } from "../store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { createMemoryUploadStore } from "../testing/memory/memory-upload-store.ts";
import { plantLock, submit } from "../testing/own/lock-fixture.ts";
import { type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { requestBytes, type WireResponse } from "../testing/own/wire-client.ts";
import { contentOf, plant } from "../testing/tree/tree-fixture.ts";

const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(options: ServeOptions = {}): Promise<Served> {
  const tree = options.tree ?? createMemoryTree();
  if ((await tree.lookup(parsePath("/col"))) === undefined) await plant(tree, "/doc", "/col/", "/col/member");
  const server = await serve({ ...options, tree });
  servers.push(server);
  return server;
}

const speaking = { "Upload-Draft-Interop-Version": "8" };

/** Begins an upload, and gives its path. */
async function begun(
  { ask }: Served,
  target = "/new",
  fields: Record<string, string> = {},
  content = "",
): Promise<string> {
  const answer = await ask("PUT", target, { ...speaking, "Upload-Complete": "?0", ...fields }, content);
  expect([answer.status, answer.body]).toEqual([201, ""]);
  return new URL(answer.field("Location") ?? "").pathname;
}

function append(
  { ask }: Served,
  upload: string,
  {
    offset,
    complete = false,
    ...fields
  }: { offset: string | number; complete?: boolean } & Record<string, unknown>,
  content = "",
): Promise<WireResponse> {
  return ask(
    "PATCH",
    upload,
    {
      ...speaking,
      "Content-Type": "application/partial-upload",
      "Upload-Offset": String(offset),
      "Upload-Complete": complete ? "?1" : "?0",
      ...(fields as Record<string, string>),
    },
    content,
  );
}

async function offsetOf({ ask }: Served, upload: string, fields: Record<string, string> = {}) {
  const answer = await ask("HEAD", upload, { ...speaking, ...fields });
  return [answer.status, answer.field("Upload-Offset"), answer.field("Upload-Complete")];
}

const path = (target: string): ResourcePath => parsePath(target);
const digest = (content: string): string =>
  `sha-256=:${createHash("sha256").update(content).digest("base64")}:`;

test("OPTIONS tells of it, with the limits, to those who may write", async () => {
  const { ask } = await open({ limits: { contentBytes: 1000 } });
  for (const target of ["/new", "/doc", "/col/"]) {
    const answer = await ask("OPTIONS", target);
    expect(answer.field("Upload-Limit")).toBe("max-size=1000, min-size=0, max-age=86400");
    expect(answer.field("Upload-Draft-Interop-Version")).toBe("8");
    expect(answer.field("Allow")?.includes("POST")).toBe(target === "/col/");
  }
  const readOnly = await open({ access: { may: (_who, action) => action === "read", exceptions: () => [] } });
  expect((await readOnly.ask("OPTIONS", "/doc")).field("Upload-Limit")).toBeUndefined();
});

test("an upload in three parts becomes one document, with the answer of a PUT", async () => {
  const server = await open();
  const upload = await begun(server, "/new", { "Upload-Length": "11" }, "one ");
  expect(await server.tree.lookup(path("/new"))).toBeUndefined();
  expect(await offsetOf(server, upload)).toEqual([204, "4", "?0"]);
  const second = await append(server, upload, { offset: 4 }, "two ");
  expect([second.status, second.field("Upload-Offset"), second.field("Upload-Length")]).toEqual([
    204,
    "8",
    "11",
  ]);
  expect(second.field("Upload-Limit")).toBe("min-size=0, max-age=86400");
  const last = await append(server, upload, { offset: 8, complete: true }, "end");
  expect([last.status, last.field("Upload-Complete")]).toEqual([201, "?1"]);
  expect(last.field("ETag")).toMatch(/^"/);
  expect(await contentOf(server.tree, path("/new"))).toBe("one two end");
  expect(await offsetOf(server, upload)).toEqual([204, "11", "?1"]);
});

test("the answer to the last part is told again where it was lost", async () => {
  const server = await open();
  const upload = await begun(server, "/doc");
  const first = await append(server, upload, { offset: 0, complete: true }, "content");
  const again = await append(server, upload, { offset: 7, complete: true });
  expect([first.status, again.status]).toEqual([204, 204]);
  expect([again.field("ETag"), again.field("Upload-Complete")]).toEqual([first.field("ETag"), "?1"]);
  const more = await append(server, upload, { offset: 7 }, "more");
  expect(more.status).toBe(409);
  expect(await contentOf(server.tree, path("/doc"))).toBe("content");
});

test("one operation is made of it, of the document", async () => {
  const server = await open();
  const start = vi.spyOn(server.operations, "start");
  const upload = await begun(server, "/new");
  await append(server, upload, { offset: 0 }, "con");
  await append(server, upload, { offset: 3, complete: true }, "tent");
  const subjects = start.mock.calls.map(([subject]) => subject);
  expect(subjects).toMatchObject([{ kind: "PUT", target: "http://files.example/new" }]);
});

test("content of a whole PUT that was broken off is gone on with: 104 told where", async () => {
  const server = await open();
  const client = server.dial();
  const content = "x".repeat(300_000);
  const head = requestBytes("PUT", "/new", {
    ...speaking,
    "Upload-Complete": "?1",
    "Content-Length": String(content.length),
  });
  client.send(head);
  const told = await client.head();
  expect([told.status, told.field("Upload-Draft-Interop-Version")]).toEqual([104, "8"]);
  expect(told.field("Upload-Limit")).toBe("min-size=0, max-age=86400");
  const upload = new URL(told.field("Location") ?? "").pathname;
  client.send(content.slice(0, 100_000));
  client.socket.end();
  await server.ended(1);
  expect(await offsetOf(server, upload)).toEqual([204, "100000", "?0"]);
  expect((await server.ask("HEAD", upload)).field("Upload-Length")).toBe("300000");
  const last = await append(server, upload, { offset: 100_000, complete: true }, content.slice(100_000));
  expect(last.status).toBe(201);
  expect(await contentOf(server.tree, path("/new"))).toBe(content);
});

test("over HTTP/2 a 104 tells where the upload is, and a reset stream leaves what came", async () => {
  const server = await open({ over: "http2" });
  const content = "x".repeat(300_000);
  const session = connect(`http://127.0.0.1:${server.port}`);
  try {
    const fields = { ...speaking, "Upload-Complete": "?1", "content-length": String(content.length) };
    const stream = session.request({ ":method": "PUT", ":path": "/new", ...fields }, { endStream: false });
    stream.on("error", () => undefined);
    const [told] = (await once(stream, "headers")) as [IncomingHttpHeaders];
    expect(told).toMatchObject({ ":status": 104, "upload-draft-interop-version": "8" });
    const upload = new URL(String(told["location"])).pathname;
    stream.write(content.slice(0, 100_000));
    stream.close(8);
    await once(stream, "close");
    const ask = async (
      method: string,
      more: Record<string, string>,
      part = "",
    ): Promise<IncomingHttpHeaders> => {
      const head = { ":method": method, ":path": upload, ...speaking, ...more };
      const request = session.request(head, { endStream: part === "" });
      if (part !== "") request.end(part);
      const [answer] = (await once(request, "response")) as [IncomingHttpHeaders];
      request.resume();
      return answer;
    };
    const { "upload-offset": offset } = await ask("HEAD", {});
    const rest = { "content-type": "application/partial-upload", "upload-complete": "?1" };
    const last = await ask(
      "PATCH",
      { ...rest, "upload-offset": String(offset) },
      content.slice(Number(offset)),
    );
    expect(last[":status"]).toBe(201);
    expect(await contentOf(server.tree, path("/new"))).toBe(content);
    // Who does not speak the version is told nothing.
    const plain = session.request({ ":method": "PUT", ":path": "/other" });
    const interims: IncomingHttpHeaders[] = [];
    plain.on("headers", (headers) => interims.push(headers));
    plain.end("content");
    await once(plain, "response");
    plain.resume();
    expect(interims).toEqual([]);
  } finally {
    session.close();
    await once(session, "close");
  }
});

test("nobody who does not speak the version gets a 104, and no part is taken for the whole", async () => {
  const server = await open();
  for (const version of [{}, { "Upload-Draft-Interop-Version": "7" }]) {
    const whole = await server.ask(
      "PUT",
      "/new",
      { ...version, "Upload-Complete": "?1" },
      "x".repeat(300_000),
    );
    expect([whole.status, whole.interims?.length ?? 0]).toEqual([201, 0]);
    const part = await server.ask("PUT", "/part", { ...version, "Upload-Complete": "?0" }, "x");
    expect([part.status, part.field("Upload-Draft-Interop-Version")]).toEqual([400, "8"]);
    expect(await server.tree.lookup(path("/part"))).toBeUndefined();
    expect((await server.ask("DELETE", "/new")).status).toBe(204);
  }
});

test("POST to a collection makes a member with the name of Content-Disposition", async () => {
  const server = await open();
  const named = { ...speaking, "Content-Disposition": "inline; filename*=UTF-8''%C3%A4.txt" };
  const whole = await server.ask("POST", "/col/", { ...named, "Upload-Complete": "?1" }, "content");
  expect([whole.status, new URL(whole.field("Location") ?? "").pathname]).toEqual([201, "/col/%C3%A4.txt"]);
  expect(await contentOf(server.tree, path("/col/%C3%A4.txt"))).toBe("content");
  const taken = await server.ask("POST", "/col/", { ...named, "Upload-Complete": "?1" }, "other");
  expect(taken.status).toBe(412);
  const begin = { ...speaking, "Content-Disposition": "inline; filename=b", "Upload-Complete": "?0" };
  const answer = await server.ask("POST", "/col/", begin);
  expect(answer.status).toBe(201);
  const upload = new URL(answer.field("Location") ?? "").pathname;
  expect((await append(server, upload, { offset: 0, complete: true }, "b")).status).toBe(201);
  expect(await contentOf(server.tree, path("/col/b"))).toBe("b");
  const strange: readonly [string, Record<string, string>, number][] = [
    ["/col/", {}, 400],
    ["/col/", { "Content-Disposition": 'inline; filename="../x"' }, 400],
    ["/doc", { "Content-Disposition": "inline; filename=b" }, 405],
    ["/none/", { "Content-Disposition": "inline; filename=b" }, 404],
  ];
  for (const [target, fields, status] of strange) {
    const refused = await server.ask("POST", target, { ...speaking, "Upload-Complete": "?0", ...fields });
    expect(refused.status).toBe(status);
  }
});

const malformed: readonly [name: string, fields: Record<string, string>, status: number][] = [
  ["another content type", { "Content-Type": "application/octet-stream" }, 415],
  ["no offset", { "Upload-Offset": "" }, 400],
  ["a negative offset", { "Upload-Offset": "-1" }, 400],
  ["a broken offset", { "Upload-Offset": "1.5" }, 400],
  ["an offset beyond", { "Upload-Offset": "5" }, 409],
  ["an offset before", { "Upload-Offset": "3" }, 409],
  ["the largest offset", { "Upload-Offset": "999999999999999" }, 409],
  ["a larger offset than there is", { "Upload-Offset": "9999999999999999" }, 400],
  ["no completeness", { "Upload-Complete": "1" }, 400],
  ["a content coding", { "Content-Encoding": "gzip" }, 415],
  ["another length", { "Upload-Length": "9" }, 400],
  ["a malformed digest", { "Repr-Digest": "sha-256" }, 400],
  ["a digest of other content", { "Content-Digest": digest("other") }, 400],
  ["content beyond the length", { "Content-Length": "7" }, 400],
];
test.each(malformed)(
  "an append with %s is refused, and the upload goes on",
  async (_name, fields, status) => {
    const server = await open();
    const upload = await begun(server, "/new", { "Upload-Length": "10" }, "four");
    const answer = await append(
      server,
      upload,
      { offset: 4, ...fields },
      "sixsix".padEnd(Number(fields["Content-Length"] ?? 6), "s"),
    );
    expect(answer.status).toBe(status);
    if (status === 409) {
      expect([answer.field("Upload-Offset"), answer.field("Upload-Complete")]).toEqual(["4", "?0"]);
      expect(JSON.parse(answer.body)).toMatchObject({ "expected-offset": 4 });
    }
    expect(await offsetOf(server, upload)).toEqual([204, "4", "?0"]);
    expect((await append(server, upload, { offset: 4, complete: true }, "sixsix")).status).toBe(201);
    expect(await contentOf(server.tree, path("/new"))).toBe("foursixsix");
  },
);

test("an upload is not complete before its length is there", async () => {
  const server = await open();
  const upload = await begun(server, "/new", { "Upload-Length": "10" }, "four");
  expect((await append(server, upload, { offset: 4, complete: true }, "six")).status).toBe(400);
  expect(await offsetOf(server, upload)).toEqual([204, "4", "?0"]);
});

test("content of unknown length that grows beyond that of the upload ends it", async () => {
  const server = await open();
  const upload = await begun(server, "/new", { "Upload-Length": "10" }, "four");
  const client = server.dial();
  const fields = {
    ...speaking,
    "Content-Type": "application/partial-upload",
    "Upload-Offset": "4",
    "Upload-Complete": "?0",
    "Transfer-Encoding": "chunked",
  };
  client.send(requestBytes("PATCH", upload, fields));
  client.send("7\r\nseven77\r\n0\r\n\r\n");
  const answer = await client.response("PATCH");
  expect(answer.status).toBe(400);
  expect(await offsetOf(server, upload)).toEqual([404, undefined, undefined]);
});

test("the limit of content counts for all parts together", async () => {
  const server = await open({ limits: { contentBytes: 10 } });
  const said = await server.ask("PUT", "/new", {
    ...speaking,
    "Upload-Complete": "?0",
    "Upload-Length": "11",
  });
  expect([said.status, said.field("Upload-Limit")]).toEqual([413, "max-size=10, min-size=0, max-age=86400"]);
  const upload = await begun(server, "/new", {}, "ten ten t");
  const beyond = await append(server, upload, { offset: 9 }, "en");
  expect(beyond.status).toBe(413);
  expect((await append(server, upload, { offset: 9, complete: true }, "n")).status).toBe(201);
});

test("the digest of what came so far is told where it is wanted, and that of the whole is checked before it is in place", async () => {
  const server = await open();
  const want = { "Want-Repr-Digest": "sha-256=10, md5=1" };
  const upload = await begun(server, "/new", {}, "one ");
  const head = await server.ask("HEAD", upload, want);
  expect(head.field("Repr-Digest")).toBe(digest("one "));
  const more = await append(server, upload, { offset: 4, ...want }, "two");
  expect(more.field("Repr-Digest")).toBe(digest("one two"));
  const wrong = await append(server, upload, { offset: 7, complete: true, "Repr-Digest": digest("one too") });
  expect([wrong.status, wrong.field("Upload-Complete")]).toEqual([400, "?1"]);
  expect(await server.tree.lookup(path("/new"))).toBeUndefined();

  const second = await begun(server, "/new", { "Repr-Digest": digest("one two") }, "one ");
  const last = await append(server, second, { offset: 4, complete: true, ...want }, "two");
  expect([last.status, last.field("Repr-Digest")]).toEqual([201, digest("one two")]);
});

test("conditions and locks are judged when it begins, and again when it ends", async () => {
  const server = await open();
  const etag = (await server.ask("HEAD", "/doc")).field("ETag") ?? "";
  const early = await server.ask("PUT", "/doc", {
    ...speaking,
    "Upload-Complete": "?0",
    "If-None-Match": "*",
  });
  expect(early.status).toBe(412);
  const upload = await begun(server, "/doc", { "If-Match": etag }, "new");
  await server.ask("PUT", "/doc", {}, "changed meanwhile");
  const late = await append(server, upload, { offset: 3, complete: true });
  expect([late.status, late.field("Upload-Complete")]).toEqual([412, "?1"]);
  expect(await contentOf(server.tree, path("/doc"))).toBe("changed meanwhile");
  expect((await append(server, upload, { offset: 3, complete: true })).status).toBe(412);

  const locked = await begun(server, "/doc", {}, "new");
  const token = await plantLock(server.locks, "/doc");
  const second = await begun(server, "/doc", submit({ "/doc": token.token }), "new");
  expect((await append(server, locked, { offset: 3, complete: true })).status).toBe(423);
  expect((await append(server, second, { offset: 3, complete: true })).status).toBe(204);
  const unsubmitted = await server.ask("PUT", "/doc", { ...speaking, "Upload-Complete": "?0" });
  expect(unsubmitted.status).toBe(423);
});

test("an upload is there for the one who began it alone", async () => {
  const server = await open();
  const mine = { "X-Test-Principal": "me" };
  const upload = await begun(server, "/new", mine, "mine");
  for (const other of [{}, { "X-Test-Principal": "you" }]) {
    expect((await server.ask("HEAD", upload, other)).status).toBe(404);
    expect((await append(server, upload, { offset: 4, ...other }, "yours")).status).toBe(404);
    expect((await server.ask("DELETE", upload, other)).status).toBe(404);
  }
  expect((await append(server, upload, { offset: 4, complete: true, ...mine })).status).toBe(201);
  expect(await contentOf(server.tree, path("/new"))).toBe("mine");
});

test("the right to write is judged again at the end", async () => {
  let may = true;
  const server = await open({
    access: { may: (_who, action) => action === "read" || may, exceptions: () => [] },
  });
  const upload = await begun(server, "/new", {}, "x");
  may = false;
  expect((await append(server, upload, { offset: 1, complete: true })).status).toBe(403);
  expect(await server.tree.lookup(path("/new"))).toBeUndefined();
});

test("DELETE cancels it: nothing of it is left", async () => {
  const server = await open();
  const upload = await begun(server, "/new", {}, "x");
  expect((await server.ask("DELETE", upload)).status).toBe(204);
  expect(await offsetOf(server, upload)).toEqual([404, undefined, undefined]);
  expect((await append(server, upload, { offset: 1 }, "y")).status).toBe(404);
});

test("other methods are told which there are", async () => {
  const server = await open();
  const upload = await begun(server, "/new");
  for (const method of ["PUT", "PROPFIND", "POST", "LOCK", "MKCOL"]) {
    const answer = await server.ask(method, upload);
    expect([answer.status, answer.field("Allow")]).toEqual([405, "OPTIONS, HEAD, GET, PATCH, DELETE"]);
  }
  const options = await server.ask("OPTIONS", upload);
  expect(options.field("Accept-Patch")).toBe("application/partial-upload");
});

/** A PATCH whose content does not end. */
async function unending(server: Served, upload: string, told: string) {
  const client = server.dial();
  client.send(
    requestBytes("PATCH", upload, {
      ...speaking,
      "Content-Type": "application/partial-upload",
      "Upload-Offset": "0",
      "Upload-Complete": "?0",
      "Content-Length": "10",
      Expect: "100-continue",
    }),
  );
  expect((await client.head()).status).toBe(100);
  client.send(told);
  return client;
}

test("of two appends at once the second is refused, and the first goes on", async () => {
  const server = await open();
  const upload = await begun(server, "/new");
  const first = await unending(server, upload, "first");
  const second = await append(server, upload, { offset: 0 }, "second");
  expect([second.status, second.field("Retry-After")]).toEqual([503, "1"]);
  expect((await server.ask("HEAD", upload)).status).toBe(503);
  first.send("first");
  expect((await first.response("PATCH")).status).toBe(204);
  expect(await offsetOf(server, upload)).toEqual([204, "10", "?0"]);
});

test("a stalled append gives way to the next request, which finds what came", async () => {
  let nowMs = 1_000_000;
  const server = await open({ now: () => nowMs });
  const upload = await begun(server, "/new");
  await unending(server, upload, "first");
  // The bytes are on their way through the kernel: until they are there the upload is asked for in vain.
  while ((await append(server, upload, { offset: 0 })).status !== 503);
  nowMs += 5_000;
  const [status, offset] = await offsetOf(server, upload);
  expect(status).toBe(204);
  expect(["0", "5"]).toContain(offset);
  expect((await append(server, upload, { offset: Number(offset), complete: true }, "x")).status).toBe(201);
});

test("DELETE ends an append that is under way", async () => {
  const server = await open();
  const upload = await begun(server, "/new");
  const first = await unending(server, upload, "first");
  expect((await server.ask("DELETE", upload)).status).toBe(204);
  expect((await first.response("PATCH")).status).toBe(400);
  expect(await offsetOf(server, upload)).toEqual([404, undefined, undefined]);
});

test("it expires, and is swept", async () => {
  let nowMs = 1_000_000;
  const server = await open({ now: () => nowMs, limits: { uploadSeconds: 1000 } });
  const upload = await begun(server, "/new", {}, "x");
  nowMs += 500_000;
  expect((await server.ask("HEAD", upload)).field("Upload-Limit")).toBe("min-size=0, max-age=500");
  await append(server, upload, { offset: 1 }, "y");
  nowMs += 999_000;
  expect(await offsetOf(server, upload)).toEqual([204, "2", "?0"]);
  nowMs += 2_000;
  expect((await server.ask("HEAD", upload)).status).toBe(404);
});

test("many that are left do not keep others from sending: then there are no more, but whole ones", async () => {
  const server = await open({ limits: { keptUploads: 20 } });
  for (const who of ["a", "b"]) {
    const fields = { "X-Test-Principal": who };
    for (let count = 0; count < 2; count += 1) await begun(server, `/${who}${count}`, fields);
    const more = await server.ask("PUT", "/more", { ...speaking, ...fields, "Upload-Complete": "?0" });
    expect([more.status, more.field("Retry-After")]).toEqual([503, "60"]);
    const whole = { ...speaking, ...fields, "Upload-Complete": "?1" };
    const answer = await server.ask("PUT", `/${who}-whole`, whole, "x".repeat(300_000));
    expect(answer.status).toBe(201);
  }
});

test("an upload into a collection that is moved ends; one beside it goes on", async () => {
  const server = await open();
  const inside = await begun(server, "/col/new", {}, "x");
  const beside = await begun(server, "/new", {}, "x");
  expect((await server.ask("MOVE", "/col/", { Destination: "/moved/" })).status).toBe(201);
  expect(await offsetOf(server, inside)).toEqual([404, undefined, undefined]);
  expect((await append(server, beside, { offset: 1, complete: true })).status).toBe(201);
});

test("a later process goes on with it; one that came to its end is told of", async () => {
  const tree = createMemoryTree();
  const uploads = createMemoryUploadStore();
  const first = await open({ tree, uploads });
  const upload = await begun(first, "/new", {}, "one ");
  const ended = await begun(first, "/ended");
  await append(first, ended, { offset: 0, complete: true }, "ended");
  const second = await open({ tree, uploads });
  expect(await offsetOf(second, ended)).toEqual([204, "5", "?1"]);
  expect(await offsetOf(second, upload)).toEqual([204, "4", "?0"]);
  const head = await second.ask("HEAD", upload, { "Want-Repr-Digest": "sha-256=1" });
  expect(head.field("Repr-Digest")).toBe(digest("one "));
  expect((await append(second, upload, { offset: 4, complete: true }, "two")).status).toBe(201);
  expect(await contentOf(tree, path("/new"))).toBe("one two");
});

test("a store that keeps no drafts offers nothing, and takes no part for the whole", async () => {
  const tree = createMemoryTree();
  (tree as { keepDraft?: Tree["keepDraft"] | undefined }).keepDraft = undefined;
  const server = await open({ tree });
  expect((await server.ask("OPTIONS", "/doc")).field("Upload-Limit")).toBeUndefined();
  expect((await server.ask("PUT", "/new", { ...speaking, "Upload-Complete": "?1" }, "x")).status).toBe(201);
  expect((await server.ask("PUT", "/part", { ...speaking, "Upload-Complete": "?0" }, "x")).status).toBe(400);
});
