import { afterEach, expect, test } from "vitest";
import { lockRoots, plantLock } from "../testing/own/lock-fixture.ts";
import { type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { plant } from "../testing/tree/tree-fixture.ts";

const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(options: ServeOptions = {}): Promise<Served> {
  const server = await serve(options);
  servers.push(server);
  await plant(server.tree, "/doc", "/col/", "/col/member");
  return server;
}

test.each(["/col/", "/col", "/col/member"])(
  "UNLOCK removes the whole lock, from any resource in its scope (%s): 204 (RFC 4918 §9.11)",
  async (target) => {
    const { ask, locks } = await open();
    const { token } = await plantLock(locks, "/col");
    const answer = await ask("UNLOCK", target, { "Lock-Token": `<${token}>` });
    expect(answer.status).toBe(204);
    expect(await lockRoots(locks)).toEqual([]);
  },
);

test("UNLOCK removes the one lock that it names", async () => {
  const { ask, locks } = await open();
  const { token } = await plantLock(locks, "/doc", { scope: "shared" });
  const other = await plantLock(locks, "/doc", { scope: "shared" });
  await ask("UNLOCK", "/doc", { "Lock-Token": `<${token}>` });
  expect(await locks.within(other.root)).toEqual([other]);
});

const refused: readonly [
  name: string,
  target: string,
  fields: (token: string) => Record<string, string>,
  status: number,
][] = [
  ["without Lock-Token: 400 (§9.11.1)", "/doc", () => ({}), 400],
  ["with a Lock-Token that is no URI: 400 (§10.5)", "/doc", () => ({ "Lock-Token": "<none>" }), 400],
  ["with the token of no lock: 409 (§9.11.1)", "/doc", () => ({ "Lock-Token": "<urn:uuid:none>" }), 409],
  ["out of the lock's scope: 409 (§9.11.1)", "/col/", (token) => ({ "Lock-Token": `<${token}>` }), 409],
  ["of what is not there: 404", "/none", (token) => ({ "Lock-Token": `<${token}>` }), 404],
  [
    "by somebody else: 403 (§9.11.1)",
    "/doc",
    (token) => ({ "Lock-Token": `<${token}>`, "X-Test-Principal": "joe" }),
    403,
  ],
  [
    "by nobody: 403 (§9.11.1)",
    "/doc",
    (token) => ({ "Lock-Token": `<${token}>`, "X-Test-Principal": "" }),
    403,
  ],
  [
    "with an If that does not hold: 412",
    "/doc",
    (token) => ({ "Lock-Token": `<${token}>`, If: "(<urn:x:1>)" }),
    412,
  ],
  ["of a status document: 403", "/.meanwhile/operations/x", (token) => ({ "Lock-Token": `<${token}>` }), 403],
];
test.each(refused)("UNLOCK refused: %s, and the lock stays", async (_name, target, fields, status) => {
  const { ask, locks } = await open();
  const { token } = await plantLock(locks, "/doc", { principal: "jane" });
  expect((await ask("UNLOCK", target, { "X-Test-Principal": "jane", ...fields(token) })).status).toBe(status);
  expect(await lockRoots(locks)).toEqual(["/doc"]);
});

test("a token at the wrong place is told by its condition (§16)", async () => {
  const { ask } = await open();
  const answer = await ask("UNLOCK", "/doc", { "Lock-Token": "<urn:uuid:none>" });
  expect(answer.body).toContain("lock-token-matches-request-uri");
});

test("UNLOCK with content is refused with 415 (§8.4)", async () => {
  const { ask, locks } = await open();
  const { token } = await plantLock(locks, "/doc");
  expect((await ask("UNLOCK", "/doc", { "Lock-Token": `<${token}>` }, "x")).status).toBe(415);
  expect(await lockRoots(locks)).toEqual(["/doc"]);
});
