import { parseIf, parsePath } from "@meanwhile/dav";
import { beforeAll, describe, expect, test } from "vitest";
import { requireTokens, requireTokensBelow, submission } from "../locks/locking.ts";
import { plantLock } from "../testing/own/lock-fixture.ts";
import { testContext, testRequest } from "../testing/own/read-fixture.ts";
import { etagOf, plant } from "../testing/tree/tree-fixture.ts";
import { requireIf } from "./if-evaluation.ts";

/** /locked is locked with token L (depth infinity); /doc has entity tag E; /locked/doc is there too. */
async function ground() {
  const context = testContext();
  await plant(context.tree, "/locked/", "/locked/doc", "/doc");
  const { token } = await plantLock(context.locks, "/locked");
  const etag = await etagOf(context.tree, parsePath("/doc"));
  const fill = (header: string): string => header.replaceAll("<L>", `<${token}>`).replaceAll("E", etag);
  return { context, token, fill };
}

const rows: readonly [name: string, target: string, header: string, holds: boolean][] = [
  ["a token of a lock on the resource (§10.4.6)", "/locked/", "(<L>)", true],
  ["a token of a lock that the resource inherits", "/locked/doc", "(<L>)", true],
  ["the token of a lock elsewhere", "/doc", "(<L>)", false],
  ["the token of no lock", "/locked/", "(<urn:uuid:none>)", false],
  ["an entity tag (§10.4.6)", "/doc", "([E])", true],
  ["another entity tag", "/doc", '(["x"])', false],
  ["a weak entity tag is not the strong one", "/doc", "([W/E])", false],
  ["an entity tag of a collection, which has none", "/locked/", "([E])", false],
  ["an entity tag of what is not there", "/none", "([E])", false],
  ["all of a list must hold (§10.4.3)", "/locked/", "(<L> [E])", false],
  ["one of several lists is enough (§10.4.3)", "/locked/", "(<L> [E]) (<L>)", true],
  ["Not turns it round (§10.4.7)", "/doc", "(Not <L>)", true],
  ["Not of what holds", "/locked/", "(Not <L>)", false],
  ["Not with an entity tag", "/doc", "(Not [E])", false],
  ["always true, by a token that no lock has (§10.4.8)", "/doc", "(<L>) (Not <DAV:no-lock>)", true],
  ["always false", "/doc", "(<DAV:no-lock>)", false],
  ["a tag says which resource is meant (§10.4.9)", "/doc", "</locked/> (<L>)", true],
  ["a tag as an absolute URL (§10.4.9)", "/doc", "<http://files.example/locked> (<L>)", true],
  [
    "a tag for another server: nothing is true of it (§10.4.10)",
    "/doc",
    "<http://elsewhere.example/doc> ([E])",
    false,
  ],
  ["Not of what is on another server", "/doc", "<http://elsewhere.example/doc> (Not [E])", true],
  ["a tag goes on to the next tag (§10.4.2)", "/none", '</doc> (["x"]) ([E]) </locked> (["x"])', true],
  ["a tag for what is not there, locked or not (§10.4.10)", "/doc", "</locked/none> (<L>)", true],
];
test.each(rows)("If: %s", async (_name, target, header, holds) => {
  const { context, fill } = await ground();
  const judged = requireIf(parseIf(fill(header)), testRequest("PUT", target), context);
  if (holds) await expect(judged).resolves.toBeUndefined();
  else await expect(judged).rejects.toMatchObject({ status: 412 });
});

test("a tag is read below the prefix that the tree is mounted at", async () => {
  const { context, fill } = await ground();
  const request = testRequest("PUT", "/doc", { prefix: "/dav" });
  await expect(requireIf(parseIf(fill("</dav/locked> (<L>)")), request, context)).resolves.toBeUndefined();
  await expect(requireIf(parseIf(fill("</locked> (<L>)")), request, context)).rejects.toMatchObject({
    status: 412,
  });
});

describe("tokens that a request submits (§10.4.1, §6.4)", () => {
  const context = testContext();
  const { tree } = context;
  beforeAll(() => plant(tree, "/locked/"));
  const by = (header: string | undefined, principal?: string) =>
    submission(parseIf(header), { principal, prefix: "/dav" }, context);

  test("the token counts wherever it stands, tagged for whatever resource", async () => {
    const { context, token } = await ground();
    const { locks } = context;
    const path = parsePath("/locked/doc");
    for (const header of [`(<${token}>)`, `</x> (<${token}>)`, `(<urn:x:1>) (<${token}> ["x"])`])
      await expect(requireTokens(locks, [path], by(header))).resolves.toBeUndefined();
    await expect(requireTokens(locks, [path], by(`(Not <${token}>)`))).rejects.toMatchObject({ status: 423 });
  });

  test("423 names the roots of the locks that stand in the way, each once (§16)", async () => {
    const { context } = await ground();
    const paths = ["/locked", "/locked/doc", "/doc"].map(parsePath);
    await expect(requireTokens(context.locks, paths, by(undefined))).rejects.toMatchObject({
      status: 423,
      condition: { code: "lock-token-submitted", lockRoots: ["/dav/locked/"] },
    });
  });

  test("of shared locks one token is enough, if it is one's own (§6.2)", async () => {
    const { locks } = testContext();
    const mine = await plantLock(locks, "/a", { scope: "shared", principal: "jane" });
    const theirs = await plantLock(locks, "/a", { scope: "shared", principal: "joe" });
    const path = [parsePath("/a")];
    await expect(requireTokens(locks, path, by(`(<${mine.token}>)`, "jane"))).resolves.toBeUndefined();
    await expect(requireTokens(locks, path, by(`(<${theirs.token}>)`, "jane"))).rejects.toMatchObject({
      status: 423,
    });
  });

  test("locks below are asked for one by one; the resource's own is not among them", async () => {
    const { locks } = testContext();
    await plantLock(locks, "/a", { depth: "0" });
    const one = await plantLock(locks, "/a/b");
    const two = await plantLock(locks, "/a/c/d");
    const path = parsePath("/a");
    const both = `(<${one.token}> <${two.token}>)`;
    await expect(requireTokensBelow(locks, path, by(both))).resolves.toBeUndefined();
    await expect(requireTokensBelow(locks, path, by(`(<${one.token}>)`))).rejects.toMatchObject({
      condition: { lockRoots: ["/dav/a/c/d"] },
    });
  });
});
