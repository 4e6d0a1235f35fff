/** No answer names what its reader may not read (RFC 4918 §20.1 leaves that to the server). */
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { plantLock } from "../testing/own/lock-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { memberStatuses, type Served, serve, testGate } from "../testing/own/serve-fixture.ts";
import { slowTree } from "../testing/slow-tree.ts";
import { at, plant } from "../testing/tree/tree-fixture.ts";
import { toldPaths } from "./told-paths.ts";

const access = rights({
  ...{ "/": "rw", "/all/secret": "w", "/all/secret/public": "rw", "/all/kept": "r", "/all/void": "" },
  ...{ "/drop": "w", "/drop/open": "rw" },
});

test.each([
  ["/all", "/all/plain/x", "/all/plain/x"],
  ["/all", "/all/secret", "/all"],
  ["/all", "/all/secret/x", "/all"],
  ["/all", "/all/secret/public", "/all"],
  ["/all", "/", "/"],
  ["/all/secret", "/all/secret/x", "/all/secret"],
  ["/all/secret/public", "/all/secret/public/x", "/all/secret/public/x"],
  ["/drop", "/drop/open/x", "/drop"],
  ["/drop", "/elsewhere", "/elsewhere"],
  ["/", "/drop/open", "/"],
  ["/", "/all/kept/x", "/all/kept/x"],
])("of what %s was asked for, %s is told as %s", (named, path, told) => {
  expect(toldPaths({ access }, undefined, [at(named)])(at(path))).toBe(at(told));
});

let server: Served;
beforeEach(async () => {
  server = await serve({ access });
  await plant(server.tree, "/all/", "/all/plain", "/all/secret/", "/all/secret/hidden", "/all/other/");
  await plant(server.tree, "/drop/", "/drop/hidden", "/drop/also", "/new/");
});
afterEach(() => server.close());

type Case = readonly [
  method: string,
  target: string,
  fields: Record<string, string>,
  locked: readonly string[],
  status: number,
];
const lock =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
test.each<Case>([
  ["LOCK", "/all", {}, ["/all/secret/hidden"], 423],
  ["LOCK", "/drop", {}, ["/drop/hidden", "/drop/also"], 423],
  ["DELETE", "/drop", {}, ["/drop/hidden", "/drop/also"], 423],
  ["DELETE", "/all", {}, ["/all/secret/hidden"], 423],
  ["MOVE", "/all/other", { Destination: "/drop" }, ["/drop/hidden"], 423],
  ["MOVE", "/all", { Destination: "/moved" }, ["/all/secret/hidden"], 423],
  ["COPY", "/all/other", { Destination: "/drop" }, ["/drop/hidden"], 423],
  ["COPY", "/all", { Destination: "/copied" }, [], 207],
  ["COPY", "/all", { Destination: "/new" }, [], 207],
  ["COPY", "/all", { Destination: "/new", Overwrite: "F" }, [], 412],
])("%s %s %j tells of no member that one may not read", async (method, target, fields, locked, status) => {
  for (const path of locked) await plantLock(server.locks, path, { principal: "jane" });
  const answer = await server.ask(method, target, fields, method === "LOCK" ? lock : "");
  const all = answer.body + answer.field("location");
  expect([answer.status, /hidden|also|secret/.exec(all)?.[0]]).toEqual([status, undefined]);
});

test("what may be read is named beside what stands for the rest", async () => {
  await plantLock(server.locks, "/all/other", { principal: "jane" });
  await plantLock(server.locks, "/all/secret/hidden", { principal: "jane" });
  expect(memberStatuses(await server.ask("LOCK", "/all", {}, lock))).toEqual({
    "/all/": 424,
    "/all/other/": 423,
  });
  expect(memberStatuses(await server.ask("DELETE", "/all"))).toEqual({ "/all/": 423, "/all/other/": 423 });
});

test("the status document names no member that one may not read", async () => {
  const tree = createMemoryTree();
  await plant(tree, "/all/", "/all/a", "/all/b", "/all/secret/");
  const gate = testGate();
  const slow = await serve({ access, tree: slowTree(tree, () => gate.pass()) });
  onTestFinished(() => slow.close());
  const ann = { "X-Test-Principal": "ann" };
  const accepted = await slow.ask("COPY", "/all", {
    ...ann,
    Destination: "/copied",
    Prefer: "respond-async, wait=0",
  });
  const { pathname } = new URL(accepted.field("location") ?? "");
  const document = () => slow.ask("GET", pathname, { ...ann, Accept: "application/json" });
  gate.open(1);
  await gate.reached(2);
  const during = await document();
  gate.open();
  await slow.operations.idle();
  for (const { status, body } of [during, await document()]) {
    expect([status, /secret/.exec(body)?.[0]]).toEqual([200, undefined]);
    expect(body).toContain("/all/");
  }
});
