import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Served, serve } from "../testing/own/serve-fixture.ts";

let server: Served;
beforeEach(async () => {
  server = await serve();
});
afterEach(() => server.close());

const as = (principal: string, fields = {}) => ({ "X-Test-Principal": principal, Depth: "0", ...fields });
const content =
  '<propfind xmlns="DAV:"><prop><current-user-principal/><resourcetype/><displayname/><owner/></prop></propfind>';

describe("the current user's principal (RFC 5397 §3)", () => {
  test.each(["ann", "ann/é", "100%", "..", ".", "a b@<c>"])(
    "of %j is a resource that can be asked for its properties",
    async (name) => {
      // A field's value has bytes of Latin-1 only.
      const principal = Buffer.from(name, "utf8").toString("latin1");
      const root = await server.ask("PROPFIND", "/", as(principal), content);
      const href = /<D:current-user-principal><D:href>([^<]+)</.exec(root.body)?.[1] ?? "none";
      const answer = await server.ask("PROPFIND", href, as(principal), content);
      expect(answer.status).toBe(207);
      expect(answer.body).toContain(`<D:response><D:href>${href}</D:href>`);
      expect(answer.body).toContain("<D:resourcetype><D:principal/></D:resourcetype>");
      expect(answer.body).toContain(`<D:current-user-principal><D:href>${href}</D:href>`);
      expect(answer.body).toMatch(/<D:prop><D:owner\/><\/D:prop><D:status>HTTP\/1\.1 404/);
    },
  );

  test("allprop and propname tell all of it", async () => {
    const all = await server.ask("PROPFIND", "/.meanwhile/operations/principals/ann", as("ann"));
    expect(all.body).toContain("<D:displayname>ann</D:displayname>");
    expect(all.body).toContain(
      "<D:principal-URL><D:href>/.meanwhile/operations/principals/ann</D:href></D:principal-URL>",
    );
    const names = '<propfind xmlns="DAV:"><propname/></propfind>';
    const named = await server.ask("PROPFIND", "/.meanwhile/operations/principals/ann", as("ann"), names);
    expect(named.body).toContain("<D:displayname/>");
  });

  test("is not there for others, and no place for resources", async () => {
    for (const target of ["/.meanwhile/operations/principals/ann", "/.meanwhile/operations/principals/"]) {
      expect((await server.ask("PROPFIND", target, as("bob"))).status).toBe(403);
      expect((await server.ask("PROPFIND", target, { Depth: "0" })).status).toBe(403);
      for (const method of ["PUT", "MKCOL", "PROPPATCH", "LOCK"])
        expect((await server.ask(method, target, as("ann"))).status).toBe(403);
      expect([403, 404]).toContain((await server.ask("DELETE", target, as("ann"))).status);
    }
    expect(
      (await server.ask("COPY", "/", as("ann", { Destination: "/.meanwhile/operations/principals/ann" })))
        .status,
    ).toBe(403);
  });

  test("bad requests for it are refused", async () => {
    const target = "/.meanwhile/operations/principals/ann";
    expect((await server.ask("PROPFIND", target, as("ann", { Depth: "2" }))).status).toBe(400);
    expect((await server.ask("PROPFIND", target, as("ann"), "<a")).status).toBe(400);
  });
});
