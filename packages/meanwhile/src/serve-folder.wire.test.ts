import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FolderHandler, type ServeFolderOptions, serveFolder } from "./serve-folder.ts";

let place: string;
let cleanups: (() => unknown)[];

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "meanwhile-embedded-"));
  for (const name of ["one", "two"]) {
    mkdirSync(join(place, name));
    writeFileSync(join(place, name, "a.txt"), `content of ${name}`);
  }
  cleanups = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  rmSync(place, { recursive: true });
});

const own = (folder: string): ServeFolderOptions => ({
  folder: join(place, folder),
  state: join(place, `${folder}.state`),
});

async function open(options: ServeFolderOptions): Promise<FolderHandler> {
  const files = await serveFolder(options);
  cleanups.push(() => files.close({ drainMs: 0 }));
  return files;
}

async function listen(files: FolderHandler): Promise<string> {
  const server = createServer(files).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  cleanups.push(() => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const wrong: readonly (readonly [options: unknown, message: RegExp])[] = [
  [undefined, /needs an object/],
  ["files", /needs an object/],
  [{ state: "state" }, /needs the option "folder"/],
  [{ folder: "one" }, /needs the option "state"/],
  [{ folder: "", state: "state" }, /"folder" .* string that is not empty/],
  [{ folder: 1, state: "state" }, /"folder" .* string/],
  [{ folder: "one", state: null }, /"state" .* string/],
  [{ dir: "x" }, /has no option "dir"; there are folder, state/],
  [{ tree: {} }, /has no option "tree"/],
  [{ constructor: 1 }, /has no option "constructor"/],
  [{ durability: "most" }, /"durability" .* "full", "content", "none"/],
  [{ acceptNewRoot: "yes" }, /true or false/],
  [{ maxOperations: 0 }, /"maxOperations" .* whole number from 1/],
  [{ maxOperations: 1.5 }, /whole number from 1/],
  [{ readOnly: "yes" }, /"readOnly" .* true or false/],
  [{ warn: "console" }, /"warn" .* a function/],
  [{ authenticate: { ann: "secret" } }, /"authenticate" .* a function/],
  [{ access: "read" }, /"access" .* an object/],
  [{ trustedProxy: "127.0.0.1" }, /"trustedProxy" .* a function/],
  [{ cors: "*" }, /"cors" .* an array of strings/],
  [{ interim: "asked" }, /"interim" .* an object/],
  [{ interim: { mode: "always" } }, /"interim.mode" .* "measured", "asked", "standard"/],
  [{ interim: { front: "squiddy" } }, /"interim.front" .* "nginx"/],
  [{ interim: { afterMs: "20s" } }, /"interim.afterMs" .* milliseconds/],
  [{ interim: { everyMs: Number.NaN } }, /"interim.everyMs" .* milliseconds/],
  [{ interim: { after: 1 } }, /has no option "interim.after"/],
  [{ limits: { uploads: 0 } }, /"limits.uploads" .* whole number from 1/],
  [{ limits: { xmlByte: 1 } }, /has no option "limits.xmlByte"/],
];

test.each(wrong)("the options %j throw before anything is opened", async (options, message) => {
  const isPart =
    typeof options === "object" && !/needs/.test(message.source) && !("folder" in (options ?? {}));
  const given = isPart ? { ...own("one"), ...options } : options;
  const opened = serveFolder(given as ServeFolderOptions);
  await expect(opened).rejects.toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_VALUE" });
  await expect(opened).rejects.toThrow(message);
});

const unusable: readonly (readonly [more: Partial<ServeFolderOptions>, error: object])[] = [
  [{ baseUrl: "files.example" }, { name: "TypeError", code: "ERR_INVALID_BASE_URL" }],
  [{ operationsPath: "/" }, { name: "TypeError", code: "ERR_INVALID_OPERATIONS_PATH" }],
  [{ users: "no-such-file" }, { name: "TypeError", message: "no-such-file: there is no such file" }],
  [{ users: "x", authenticate: () => ({ kind: "anonymous" }) }, { code: "ERR_INVALID_ARG_VALUE" }],
  [{ folder: "no-such-folder" }, { name: "StateError", code: "unusable" }],
];

test.each(unusable)("what %j names cannot be used: nothing is left open", async (more, error) => {
  await expect(serveFolder({ ...own("one"), ...more })).rejects.toMatchObject(error);
  const origin = await listen(await open(own("one")));
  expect(await (await fetch(`${origin}/a.txt`)).text()).toBe("content of one");
});

test("a state directory in the folder is refused", async () => {
  const state = join(place, "one", "deep", "state");
  await expect(serveFolder({ ...own("one"), state })).rejects.toMatchObject({
    name: "TypeError",
    code: "ERR_STATE_IN_FOLDER",
  });
});

test("two folders are served by one process, each with its state", async () => {
  const origins = [await listen(await open(own("one"))), await listen(await open(own("two")))];
  const lock = `<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>`;
  for (const [index, name] of ["one", "two"].entries()) {
    const url = `${origins[index]}/a.txt`;
    expect(await (await fetch(url)).text()).toBe(`content of ${name}`);
    expect((await fetch(url, { method: "LOCK", body: lock })).status).toBe(200);
    expect((await fetch(url, { method: "DELETE" })).status).toBe(423);
  }
});

test("a state that is in use, or belongs to another folder, is refused; once it is closed it can be used again", async () => {
  const files = await open(own("one"));
  await expect(serveFolder(own("one"))).rejects.toMatchObject({ name: "StateError", code: "in-use" });
  await files.close();
  await files.close();
  const { state } = own("one");
  await expect(serveFolder({ ...own("two"), state })).rejects.toMatchObject({ code: "other-folder" });
  const again = await listen(await open(own("one")));
  expect((await fetch(`${again}/a.txt`)).status).toBe(200);
});

test("close waits for a request that runs, as long as it is told", async () => {
  const files = await open({ ...own("one"), interim: { afterMs: 0 } });
  const origin = await listen(files);
  const headers = { Destination: `${origin}/b.txt`, Prefer: "respond-async, wait=0" };
  const copied = await fetch(`${origin}/a.txt`, { method: "COPY", headers });
  expect([201, 202]).toContain(copied.status);
  await files.close({ drainMs: 30_000 });
  expect(readFileSync(join(place, "one", "b.txt"), "utf8")).toBe("content of one");
});

test.each(["GET", "PROPFIND", "PUT", "COPY", "LOCK"])("after close, %s gets 503", async (method) => {
  const files = await open(own("one"));
  const origin = await listen(files);
  await files.close();
  const body = method === "PUT" ? { body: "new" } : {};
  const late = await fetch(`${origin}/a.txt`, { method, headers: { Destination: "/b.txt" }, ...body });
  expect([late.status, late.headers.get("connection")]).toEqual([503, "close"]);
  expect(readFileSync(join(place, "one", "a.txt"), "utf8")).toBe("content of one");
});

test("users and their rights come from files, and readOnly goes before them", async () => {
  const users = join(place, "users");
  writeFileSync(users, `ann:${hashSync("a", 4)}\nbob:${hashSync("b", 4)}`);
  writeFileSync(`${users}.rights`, "ann rw /\nbob r /");
  const as = (who: string) => ({ Authorization: `Basic ${btoa(who)}` });
  const put = (origin: string, who: string) =>
    fetch(`${origin}/new.txt`, { method: "PUT", body: "x", headers: as(who) });

  const origin = await listen(await open({ ...own("one"), users }));
  expect((await fetch(`${origin}/a.txt`)).status).toBe(401);
  expect((await fetch(`${origin}/a.txt`, { headers: as("bob:b") })).status).toBe(200);
  expect((await put(origin, "bob:b")).status).toBe(403);
  expect((await put(origin, "ann:a")).status).toBe(201);
  const readOnly = await listen(await open({ ...own("two"), users, readOnly: true }));
  expect((await put(readOnly, "ann:a")).status).toBe(403);
  const closed = await listen(await open({ folder: place, state: `${place}.state`, readOnly: true }));
  cleanups.unshift(() => rmSync(`${place}.state`, { recursive: true }));
  expect((await put(closed, "nobody:x")).status).toBe(403);
  expect((await fetch(`${closed}/one/a.txt`)).status).toBe(200);
});

test("where the package lmdb has no binary, one sentence says what to do", async () => {
  const { loadWithLmdb } = await import("./native-module.ts");
  const missing = new Error("No native build was found for platform=sunos arch=x64");
  await expect(loadWithLmdb(() => Promise.reject(missing))).rejects.toMatchObject({
    name: "MissingBinaryError",
    code: "ERR_MISSING_BINARY",
    message: expect.stringMatching(/^the module lmdb has no binary for .*--include=optional/),
    cause: missing,
  });
  const other = new Error("No such module");
  await expect(loadWithLmdb(() => Promise.reject(other))).rejects.toBe(other);
});

test("browsers get the page, or with `page: false` the plain listing", async () => {
  for (const [folder, page] of [
    ["one", true],
    ["two", false],
  ] as const) {
    const url = await listen(await open({ ...own(folder), page }));
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    const text = await answer.text();
    expect(text).toContain("a.txt");
    expect(text.includes("<script")).toBe(page);
    expect(answer.headers.get("content-security-policy")?.includes("script-src")).toBe(page);
  }
});
