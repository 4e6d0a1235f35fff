import { beforeEach, describe, expect, test } from "vitest";
import { readOnlyAccess } from "../access.ts";
import type { ServerContext } from "../context.ts";
import { plant, testContext, testRequest } from "../testing/own/read-fixture.ts";
import { options, serverOptions } from "./options.ts";

let context: ServerContext;

beforeEach(async () => {
  context = testContext();
  await plant(context.tree, "/c/doc", "x");
});

async function allow(target: string, reveal = true): Promise<readonly string[]> {
  const { fields } = await options(testRequest("OPTIONS", target, { principal: "ann" }), context, { reveal });
  return String(fields["Allow"]).split(", ").toSorted();
}

const documents = [
  "COPY",
  "DELETE",
  "GET",
  "HEAD",
  "LOCK",
  "MOVE",
  "OPTIONS",
  "PROPFIND",
  "PROPPATCH",
  "PUT",
  "UNLOCK",
];
const everything = [...documents, "MKCOL"].toSorted();
/** A collection takes forms and uploads, too. */
const collections = [...everything, "POST"].toSorted();

describe("OPTIONS (RFC 4918 §10.1, RFC 9110 §9.3.7)", () => {
  test("names the classes that the server complies with, and has no content", async () => {
    const answer = await options(testRequest("OPTIONS", "/c/doc"), context);
    expect(answer).toMatchObject({ status: 200, body: { kind: "none" } });
    expect(answer.fields).toMatchObject({
      DAV: "1, 2, 3, extended-mkcol, <urn:meanwhile:operations:1>",
      "MS-Author-Via": "DAV",
      "Accept-Ranges": "bytes",
    });
  });

  test.each([
    ["/c/doc", documents],
    // Clients read a collection's to learn whether they may write anything in it.
    ["/c/", collections],
    ["/c", collections],
    ["/", collections],
    ["/c/none", ["LOCK", "MKCOL", "OPTIONS", "PUT", "UNLOCK"]],
  ])("allows at %s what can be done there (RFC 9110 §10.2.1)", async (target, methods) => {
    expect(await allow(target)).toEqual(methods);
  });

  test.each([
    ["/c/doc", ["COPY", "GET", "HEAD", "OPTIONS", "PROPFIND"]],
    ["/", ["COPY", "GET", "HEAD", "OPTIONS", "PROPFIND"]],
    ["/c/none", ["OPTIONS"]],
  ])("allows at %s only reading to those who may not write", async (target, methods) => {
    context = { ...context, access: readOnlyAccess };
    expect(await allow(target)).toEqual(methods);
  });

  test.each(["/", "/c/", "/c/doc", "/c/none", "/none/none"])(
    "tells an unknown principal the same of %s as of all",
    async (target) => {
      let looked = 0;
      const { tree } = context;
      context = {
        ...context,
        tree: new Proxy(tree, {
          get(_target, key) {
            looked += 1;
            return Reflect.get(tree, key);
          },
        }),
      };
      expect(await options(testRequest("OPTIONS", target), context)).toEqual(serverOptions());
      // Not even by the time that it takes.
      expect(looked).toBe(0);
    },
  );

  test("tells a principal nothing about what it may not read", async () => {
    context = { ...context, access: { may: () => false, exceptions: () => [] } };
    expect(await allow("/c/doc")).toEqual(everything);
    expect(await allow("/c/none")).toEqual(everything);
  });

  test("OPTIONS * is about the server", () => {
    expect(String(serverOptions().fields["Allow"]).split(", ").toSorted()).toEqual(everything);
  });
});
