import { readFileSync } from "node:fs";
import { parsePath } from "@meanwhile/dav";
import { parsePropertyUpdate } from "@meanwhile/dav/xml";
import { beforeEach, describe, expect, test } from "vitest";
import type { ServerContext } from "../context.ts";
import type { Answer } from "../http/answer.ts";
import { propertyLimits } from "../properties/property-limits.ts";
import { TreeError } from "../store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { type ResponseView, viewMultistatus } from "../testing/own/multistatus-view.ts";
import { plant, readContent, testContext, testNowMs, testRequest } from "../testing/own/read-fixture.ts";
import { propfind } from "./propfind.ts";
import { applyPropertyChanges, isToleratedWhileLocked } from "./proppatch.ts";

const update = (...instructions: string[]): string =>
  `<D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:z" xmlns:W="urn:schemas-microsoft-com:">${instructions.join("")}</D:propertyupdate>`;
const set = (...properties: string[]): string => `<D:set><D:prop>${properties.join("")}</D:prop></D:set>`;
const remove = (...properties: string[]): string =>
  `<D:remove><D:prop>${properties.join("")}</D:prop></D:remove>`;

let context: ServerContext;

beforeEach(async () => {
  context = testContext();
  await plant(context.tree, "/bar.html", "<p>");
});

async function patch(
  content: string,
  headers: Record<string, string> = {},
  target = "/bar.html",
): Promise<Answer> {
  const request = testRequest("PROPPATCH", target, { content, headers });
  const changes = parsePropertyUpdate(await request.content.text(context.limits.xmlBytes));
  return applyPropertyChanges(request, context, changes);
}

async function viewPatch(content: string, target = "/bar.html"): Promise<ResponseView> {
  const answer = await patch(content, {}, target);
  expect(answer.status).toBe(207);
  const [view, ...others] = viewMultistatus(await readContent(answer)).values();
  if (view === undefined || others.length > 0) throw new Error("must be one response");
  return view;
}

/** Status and property names of each propstat. */
function outcome(view: ResponseView): Record<number, readonly string[]> {
  return Object.fromEntries([...view.properties].map(([status, found]) => [status, [...found.keys()]]));
}

async function stored(target = "/bar.html"): Promise<readonly string[]> {
  return (await context.tree.properties(parsePath(target))).map(({ xml }) => xml).toSorted();
}

describe("PROPPATCH (RFC 4918 §9.2)", () => {
  test("sets and removes, and says so of each property without its value", async () => {
    await patch(update(set("<Z:Copyright-Owner>Sam</Z:Copyright-Owner>")));
    const example = readFileSync(
      new URL("../../../dav/src/elements/fixtures/rfc4918-9.2.2-proppatch.xml", import.meta.url),
      "utf8",
    );
    const view = await viewPatch(example);
    const namespace = "http://ns.example.com/standards/z39.50/";
    expect(view.href).toBe("/bar.html");
    expect(outcome(view)).toEqual({ 200: [`{${namespace}}Authors`, `{${namespace}}Copyright-Owner`] });
    expect(view.properties.get(200)?.get(`{${namespace}}Authors`)?.children).toEqual([]);
    const [authors] = (await context.tree.properties(parsePath("/bar.html"))).filter(
      ({ name }) => name.local === "Authors",
    );
    expect(authors?.xml).toContain("<Z:Author>Jim Whitehead</Z:Author>");
    expect(authors?.xml).toContain(`xmlns:Z="${namespace}"`);
  });

  test("instructions count in document order", async () => {
    const view = await viewPatch(
      update(
        set("<Z:a>1</Z:a>", "<Z:b>1</Z:b>"),
        remove("<Z:a/>"),
        set("<Z:b>2</Z:b>"),
        remove("<Z:c/>"),
        set("<Z:c>3</Z:c>"),
      ),
    );
    expect(outcome(view)).toEqual({ 200: ["{urn:z}a", "{urn:z}b", "{urn:z}c"] });
    expect((await stored()).map((xml) => xml.replace(/ xmlns:\w+="[^"]*"/g, ""))).toEqual([
      "<Z:b>2</Z:b>",
      "<Z:c>3</Z:c>",
    ]);
  });

  test("removing what is not there is no error (§9.2)", async () => {
    expect(outcome(await viewPatch(update(remove("<Z:none/>"))))).toEqual({ 200: ["{urn:z}none"] });
  });

  test.each([
    "creationdate",
    "getcontentlength",
    "getcontenttype",
    "getetag",
    "getlastmodified",
    "lockdiscovery",
    "resourcetype",
    "supportedlock",
    "quota-available-bytes",
    "quota-used-bytes",
    "current-user-principal",
    "current-user-privilege-set",
  ])("DAV:%s is protected: 403, 424 for the others, and nothing is changed (§9.2.1, §16)", async (local) => {
    await patch(update(set("<Z:old>kept</Z:old>")));
    const before = await stored();
    for (const attempt of [set(`<D:${local}>x</D:${local}>`), remove(`<D:${local}/>`)]) {
      const view = await viewPatch(update(set("<Z:new>1</Z:new>"), attempt, remove("<Z:old/>")));
      expect(outcome(view)).toEqual({ 403: [`{DAV:}${local}`], 424: ["{urn:z}new", "{urn:z}old"] });
      expect(view.conditions).toEqual(["cannot-modify-protected-property"]);
    }
    expect(await stored()).toEqual(before);
  });

  test.each(["displayname", "getcontentlanguage"])(
    "DAV:%s is not protected (§15.2, §15.3)",
    async (local) => {
      expect(outcome(await viewPatch(update(set(`<D:${local}>x</D:${local}>`))))).toEqual({
        200: [`{DAV:}${local}`],
      });
      expect(await stored()).toHaveLength(1);
    },
  );

  test("an unknown property of the DAV: namespace is stored as any other", async () => {
    expect(outcome(await viewPatch(update(set("<D:note>x</D:note>"))))).toEqual({ 200: ["{DAV:}note"] });
  });

  test("works on collections, whose href ends in a slash", async () => {
    await plant(context.tree, "/c/");
    expect((await viewPatch(update(set("<Z:a/>")), "/c")).href).toBe("/c/");
  });

  test("404 where there is no resource, and none is made", async () => {
    await expect(patch(update(set("<Z:a/>")), {}, "/none")).rejects.toMatchObject({ status: 404 });
    expect(await context.tree.lookup(parsePath("/none"))).toBeUndefined();
  });

  test.each(["", "no XML", "<D:propfind xmlns:D='DAV:'/>", "<D:propertyupdate xmlns:D='DAV:'/>"])(
    "400 for the body %j",
    async (content) => {
      await expect(patch(content)).rejects.toMatchObject({ status: 400 });
    },
  );

  test("a store that fails leaves all as it was, and says why", async () => {
    const tree = createMemoryTree({
      failing: (act, path) => (act === "write" && path === "/full" && planted ? "no-space" : undefined),
    });
    let planted = false;
    await plant(tree, "/full");
    planted = true;
    context = { ...context, tree };
    await expect(patch(update(set("<Z:a/>")), {}, "/full")).rejects.toMatchObject({ code: "no-space" });
    expect(await stored("/full")).toEqual([]);
  });
});

describe("limits of properties (507, RFC 4918 §9.2.1)", () => {
  const large = (local: string, length: number): string => `<Z:${local}>${"x".repeat(length)}</Z:${local}>`;

  test("one that is too large is refused, and the others with it", async () => {
    const view = await viewPatch(update(set("<Z:a/>", large("b", propertyLimits.propertyBytes))));
    expect(outcome(view)).toEqual({ 507: ["{urn:z}b"], 424: ["{urn:z}a"] });
    expect(await stored()).toEqual([]);
  });

  test("the length is that in UTF-8", async () => {
    const view = await viewPatch(update(set(`<Z:a>${"é".repeat(propertyLimits.propertyBytes / 2)}</Z:a>`)));
    expect(outcome(view)).toEqual({ 507: ["{urn:z}a"] });
  });

  test("all of a resource together have a limit, until some are removed", async () => {
    const each = propertyLimits.propertyBytes - 1000;
    const fitting = Math.floor(propertyLimits.resourceBytes / propertyLimits.propertyBytes);
    for (let index = 0; index < fitting; index += 1) {
      expect(outcome(await viewPatch(update(set(large(`p${index}`, each)))))).toEqual({
        200: [`{urn:z}p${index}`],
      });
    }
    expect(outcome(await viewPatch(update(set(large("more", each)))))).toEqual({ 507: ["{urn:z}more"] });
    expect(outcome(await viewPatch(update(remove("<Z:p0/>"), set(large("more", each)))))).toEqual({
      200: ["{urn:z}p0", "{urn:z}more"],
    });
  });

  test("their number has a limit, over several requests", async () => {
    const some = (from: number, to: number): string =>
      update(set(...Array.from({ length: to - from }, (_, index) => `<Z:p${from + index}/>`)));
    expect(Object.keys(outcome(await viewPatch(some(0, propertyLimits.properties))))).toEqual(["200"]);
    expect(outcome(await viewPatch(update(set("<Z:more/>"))))).toEqual({ 507: ["{urn:z}more"] });
    expect(outcome(await viewPatch(update(set("<Z:p0>replaced</Z:p0>"))))).toEqual({ 200: ["{urn:z}p0"] });
  });
});

describe("preferences (RFC 8144 §2.2)", () => {
  test.each([
    [{ prefer: "return=minimal" }, "return=minimal"],
    [{ brief: "t" }, undefined],
  ])("%o: a success is 204", async (headers, applied) => {
    const answer = await patch(update(set("<Z:a/>")), headers);
    expect(answer).toMatchObject({ status: 204, body: { kind: "none" } });
    expect(answer.fields["Preference-Applied"]).toBe(applied);
    expect(await stored()).toHaveLength(1);
  });

  test("a failure is told in full", async () => {
    const answer = await patch(update(set("<D:getetag/>")), { prefer: "return=minimal" });
    expect(answer.status).toBe(207);
    expect(answer.fields["Preference-Applied"]).toBeUndefined();
  });
});

describe("Windows' properties", () => {
  const times = `<W:Win32LastModifiedTime>Fri, 02 Jan 2026 03:04:05 GMT</W:Win32LastModifiedTime>`;

  test("are stored, and the time of modification is taken over", async () => {
    const attributes = "<W:Win32FileAttributes>00000020</W:Win32FileAttributes>";
    const created = "<W:Win32CreationTime>Thu, 01 Jan 2026 00:00:00 GMT</W:Win32CreationTime>";
    const view = await viewPatch(update(set(times, attributes, created)));
    expect(outcome(view)[200]).toHaveLength(3);
    expect(await stored()).toHaveLength(3);
    expect((await context.tree.lookup(parsePath("/bar.html")))?.modifiedMs).toBe(
      Date.UTC(2026, 0, 2, 3, 4, 5),
    );
  });

  test.each(["", "soon", "2026-01-02T03:04:05Z", "<W:x/>"])(
    "a time that is %j is stored, and no more",
    async (value) => {
      const property = `<W:Win32LastModifiedTime>${value}</W:Win32LastModifiedTime>`;
      expect(outcome(await viewPatch(update(set(property))))[200]).toHaveLength(1);
      expect((await context.tree.lookup(parsePath("/bar.html")))?.modifiedMs).toBe(testNowMs);
    },
  );

  test("a time that is refused with another property is not taken over", async () => {
    await viewPatch(update(set(times, "<D:getetag/>")));
    expect((await context.tree.lookup(parsePath("/bar.html")))?.modifiedMs).toBe(testNowMs);
  });

  test.each([
    [set(times), true],
    [set(times) + remove("<W:Win32FileAttributes/>"), true],
    [set(times, "<Z:a/>"), false],
    [set(times) + remove("<Z:a/>"), false],
    [set("<Z:Win32LastModifiedTime/>"), false],
    [set(), false],
  ])("%s alone may be changed without the token of the lock: %s", (instructions, tolerated) => {
    expect(isToleratedWhileLocked(parsePropertyUpdate(update(instructions)))).toBe(tolerated);
  });
});

describe("DAV:lastmodified, by which rclone sets times", () => {
  const at = (value: string): string => update(set(`<D:lastmodified>${value}</D:lastmodified>`));
  const modifiedMs = async (): Promise<number | undefined> =>
    (await context.tree.lookup(parsePath("/bar.html")))?.modifiedMs;

  test.each([
    ["1700000000", 1_700_000_000_000],
    [" -5 ", -5000],
    ["Fri, 02 Jan 2026 03:04:05 GMT", Date.UTC(2026, 0, 2, 3, 4, 5)],
  ])("%s is the time afterwards, and no property of its own", async (value, ms) => {
    expect(outcome(await viewPatch(at(value)))).toEqual({ 200: ["{DAV:}lastmodified"] });
    expect(await modifiedMs()).toBe(ms);
    expect(await stored()).toEqual([]);
  });

  test.each(["", "yesterday", "1e3", "99999999999999", "2026-01-02"])("%j is no time: 403", async (value) => {
    const before = await modifiedMs();
    const both = update(set(`<D:lastmodified>${value}</D:lastmodified>`, "<Z:a/>"));
    expect(outcome(await viewPatch(both))).toEqual({ 403: ["{DAV:}lastmodified"], 424: ["{urn:z}a"] });
    expect(await modifiedMs()).toBe(before);
    expect(await stored()).toEqual([]);
  });

  test("what the store refuses is 403, and nothing else is changed", async () => {
    context.tree.touch = () => Promise.reject(new TreeError("denied"));
    const both = update(set("<D:lastmodified>1700000000</D:lastmodified>", "<Z:a/>"));
    expect(outcome(await viewPatch(both))).toEqual({ 403: ["{DAV:}lastmodified"], 424: ["{urn:z}a"] });
    expect(await stored()).toEqual([]);
  });

  test("it is told where it is asked for", async () => {
    await patch(at("1700000000"));
    const content = '<propfind xmlns="DAV:"><prop><lastmodified/><getlastmodified/></prop></propfind>';
    const answer = await propfind(
      testRequest("PROPFIND", "/bar.html", { content, headers: { depth: "0" } }),
      context,
    );
    const found = viewMultistatus(await readContent(answer))
      .get("/bar.html")
      ?.properties.get(200);
    expect(found?.get("{DAV:}lastmodified")?.text).toBe("1700000000");
    expect(found?.get("{DAV:}getlastmodified")?.text).toBe("Tue, 14 Nov 2023 22:13:20 GMT");
  });
});
