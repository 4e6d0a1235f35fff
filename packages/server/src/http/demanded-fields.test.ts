import { afterEach, expect, test } from "vitest";
import { testContext } from "../testing/own/read-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { type Served, serve } from "../testing/own/serve-fixture.ts";
import { plant } from "../testing/tree/tree-fixture.ts";
import { empty } from "./answer.ts";
import { demands, withDemandedFields } from "./demanded-fields.ts";

const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
const asked = { method: "PUT", request: undefined };

test.each(demands.map(({ status, field }) => [status, field] as const))(
  "no %d goes without %s",
  async (status, field) => {
    const answer = await withDemandedFields(empty(status), asked, testContext());
    expect(answer.status !== status || answer.fields[field] !== undefined).toBe(true);
    const own = await withDemandedFields(empty(status, { [field]: "own" }), asked, testContext());
    expect([own.status, own.fields[field]]).toEqual([status, "own"]);
  },
);

test("a list without items is no field", async () => {
  const answer = await withDemandedFields(empty(401, { "WWW-Authenticate": [] }), asked, testContext());
  expect(answer.status).toBe(403);
});

const everything = "OPTIONS, GET, HEAD, PROPFIND, PUT, DELETE, MKCOL, COPY, MOVE, PROPPATCH, LOCK, UNLOCK";
const without = (method: string): string =>
  everything
    .split(", ")
    .filter((one) => one !== method)
    .join(", ");
const refused: readonly [method: string, target: string, allow: string][] = [
  ["MKCOL", "/col/", `${without("MKCOL")}, POST`],
  ["MKCOL", "/doc", without("MKCOL")],
  ["PUT", "/col", `${without("PUT")}, POST`],
  ["PUT", "/col/", `${without("PUT")}, POST`],
  ["PUT", "/new/", "OPTIONS, MKCOL, LOCK, UNLOCK"],
  ["POST", "/doc", without("MKCOL")],
  ["PATCH", "/none", "OPTIONS, PUT, MKCOL, LOCK, UNLOCK"],
  ["TRACE", "/col/", `${everything}, POST`],
  ["POST", "/readable", "OPTIONS, GET, HEAD, PROPFIND, COPY"],
  ["POST", "/secret", everything],
];
test.each(refused)("405 for %s %s says what is allowed (RFC 9110 §15.5.6)", async (method, target, allow) => {
  const server = await serve({ access: rights({ "/": "rw", "/readable": "r", "/secret": "" }) });
  servers.push(server);
  await plant(server.tree, "/doc", "/col/", "/readable", "/secret");
  const answer = await server.ask(method, target, {}, "");
  expect([answer.status, answer.field("Allow")]).toEqual([405, allow]);
});
