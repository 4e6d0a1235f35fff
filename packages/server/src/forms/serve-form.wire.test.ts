import { parsePath } from "@meanwhile/dav";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Access } from "../access.ts";
import { plantLock } from "../testing/own/lock-fixture.ts";
import { type Served, serve } from "../testing/own/serve-fixture.ts";
import type { WireResponse } from "../testing/own/wire-client.ts";
import { contentOf, plant } from "../testing/tree/tree-fixture.ts";
import { formLimits } from "./form-parts.ts";

let server: Served;
beforeEach(async () => {
  server = await serve({ limits: { contentBytes: 1_000_000 } });
  await plant(server.tree, "/col/", "/col/there");
});
afterEach(() => server.close());

const boundary = "----x";
const fields = {
  "Content-Type": `multipart/form-data; boundary=${boundary}`,
  Accept: "text/html,*/*;q=0.8",
  Host: "127.0.0.1",
  "Sec-Fetch-Site": "same-origin",
};
const file = (name: string, content: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`;
const folder = (name: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="folder"\r\n\r\n${name}\r\n`;
const form = (...parts: readonly string[]): Buffer => Buffer.from(`${parts.join("")}--${boundary}--\r\n`);

const post = (
  content: Buffer | string,
  more: Record<string, string> = {},
  target = "/col/",
): Promise<WireResponse> => server.ask("POST", target, { ...fields, ...more }, content);
const kept = (path: string): Promise<string> => contentOf(server.tree, parsePath(encodeURI(path)));
async function names(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const batch of server.tree.members(parsePath("/col"), { properties: false }))
    found.push(...batch.map(({ name }) => name));
  return found.sort();
}

describe("a form", () => {
  test("uploads its files, and leads back to the folder", async () => {
    const large = "y".repeat(400_000);
    const answer = await post(form(file("ä b.txt", "one"), file("b", large), file("empty", "")));
    expect([answer.status, answer.field("location"), answer.body]).toEqual([303, "/col/", ""]);
    expect(await names()).toEqual(["b", "empty", "there", "ä b.txt"]);
    expect(await kept("/col/ä b.txt")).toBe("one");
    expect(await kept("/col/b")).toBe(large);
  });

  test("makes a folder", async () => {
    expect((await post(form(folder(" new & old ")))).status).toBe(303);
    expect(await server.tree.lookup(parsePath("/col/new & old"))).toMatchObject({ kind: "collection" });
  });

  test("replaces nothing, and tells by name what is there and what was done", async () => {
    const before = await kept("/col/there");
    const answer = await post(form(file("there", "other"), file("new", "1"), folder("there")));
    expect(answer.status).toBe(409);
    expect(answer.field("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.body).toMatch(
      /There already, and left as it was: &quot;there&quot;, &quot;there&quot;\. Done: &quot;new&quot;\./,
    );
    expect(answer.body).toContain('<a href="">Back to the folder</a>');
    expect([await kept("/col/there"), await kept("/col/new")]).toEqual([before, "1"]);
  });

  test.each(["a/b", "../x", "..", ".", "a\\b", "C:\\x", "a\tb"])(
    "takes no file that is called %j",
    async (name) => {
      const answer = await post(form(file(name, "1"), file("good", "2")));
      expect(answer.status).toBe(400);
      expect(answer.body).toContain("Done: &quot;good&quot;.");
      expect(await names()).toEqual(["good", "there"]);
      expect(await server.tree.lookup(parsePath("/x"))).toBeUndefined();
    },
  );

  test("without a file, or with one that has no name, is a 400", async () => {
    expect((await post(form(file("", "")))).body).toContain("No file was chosen.");
    expect((await post(form(file("", "x")))).body).toContain("A file has no name.");
    expect((await post(form())).status).toBe(400);
    expect((await post(form(folder("")))).status).toBe(400);
  });

  test("leaves what belongs to the server alone", async () => {
    expect((await post(form(folder(".meanwhile")), {}, "/")).status).toBe(403);
    expect((await post(form(file("a", "")), {}, "/.meanwhile/operations/")).status).toBe(403);
  });

  test("is for folders", async () => {
    expect((await post(form(file("a", "1")), {}, "/col/there")).status).toBe(405);
    expect((await post(form(file("a", "1")), {}, "/none/")).status).toBe(404);
  });

  test("is held off by a lock", async () => {
    await plantLock(server.locks, "/col");
    const answer = await post(form(file("a", "1"), folder("b")));
    expect(answer.status).toBe(423);
    expect(await names()).toEqual(["there"]);
  });

  test("takes no file beyond the limit", async () => {
    expect((await post(form(file("a", "x".repeat(1_000_001)), file("b", "1")))).status).toBe(413);
    expect(await names()).toEqual(["b", "there"]);
  });

  test.each([
    ["another site's page", { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" }],
    ["a page without an origin", { Origin: "null" }],
  ])("of %s is refused", async (_, more) => {
    const answer = await post(form(file("a", "1")), more);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("another site");
    expect(await names()).toEqual(["there"]);
  });
});

describe("a form that is no form", () => {
  test.each([
    ["has no boundary", form(file("a", "1")), { "Content-Type": "multipart/form-data" }],
    ["is something else", "nothing of this kind", {}],
    ["ends within a file", form(file("a", "1")).subarray(0, -12), {}],
    ["ends within a file's fields", `--${boundary}\r\nContent-Disposition: form-da`, {}],
  ])("because it %s is a 400, and nothing stays", async (_, content, more) => {
    const answer = await post(content, more);
    expect(answer.status).toBe(400);
    expect(await names()).toEqual(["there"]);
  });

  test("has more parts than are taken: they are not", async () => {
    const many = Array.from({ length: formLimits.files + 1 }, (_, index) => file(`f${index}`, ""));
    const answer = await post(form(...many));
    expect(answer.status).toBe(413);
    expect((await names()).length).toBe(formLimits.files + 1);
    expect(
      (await post(form(...Array.from({ length: 2000 }, () => `--${boundary}\r\nX: y\r\n\r\n\r\n`)))).status,
    ).toBe(413);
  });

  test("has fields without end: it is read to its end, and is a 400", async () => {
    const endless = `--${boundary}\r\n${"X: y\r\n".repeat(100_000)}Content-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n`;
    expect((await post(form(endless))).status).toBe(400);
    expect((await post(form(folder("n".repeat(5000))))).status).toBe(413);
    expect(await names()).toEqual(["there"]);
  });

  test("is broken off by its client: what was whole stays, nothing half-written does", async () => {
    const whole = form(file("whole", "1"), file("half", "x".repeat(300_000)), file("never", "1"));
    const client = server.dial();
    const head = Object.entries({ ...fields, "Content-Length": String(whole.length) });
    client.send(
      `POST /col/ HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
    );
    client.send(whole.subarray(0, 200_000));
    client.socket.end();
    await server.logged(1);
    expect(await names()).toEqual(["there", "whole"]);
  });
});

describe("a listing", () => {
  const access: Access = {
    may: (principal, action) => action === "read" || principal === "ann",
    exceptions: () => [],
  };

  test("has the forms for those who may change the folder, and lets them be sent", async () => {
    await server.close();
    server = await serve({ access });
    await plant(server.tree, "/col/");
    const shown = async (who: string, target = "/col/"): Promise<readonly [boolean, string | undefined]> => {
      const answer = await server.ask("GET", target, { "X-Test-Principal": who });
      const policy = answer.field("content-security-policy");
      return [
        /enctype="multipart\/form-data" action=".\/(?:col\/)?"/.test(answer.body),
        /form-action ('\w+')/.exec(policy ?? "")?.[1],
      ];
    };
    expect(await shown("ann")).toEqual([true, "'self'"]);
    expect(await shown("ann", "/col")).toEqual([true, "'self'"]);
    expect(await shown("bob")).toEqual([false, "'none'"]);
    const answer = await post(form(file("a", "1")), { "X-Test-Principal": "bob" });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("You may not change this.");
  });
});
