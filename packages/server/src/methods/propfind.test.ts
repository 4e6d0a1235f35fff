import { readFileSync } from "node:fs";
import { parsePath } from "@meanwhile/dav";
import { parseXml, setting } from "@meanwhile/dav/xml";
import { beforeEach, describe, expect, test } from "vitest";
import { defaultLimits, type ServerContext } from "../context.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { type ResponseView, textOf, viewMultistatus } from "../testing/own/multistatus-view.ts";
import {
  plant,
  readContent,
  type TestRequestOptions,
  testContext,
  testNowMs,
  testRequest,
} from "../testing/own/read-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { propfind } from "./propfind.ts";

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../dav/src/elements/fixtures/${name}`, import.meta.url), "utf8");

const prop = (...names: string[]): string =>
  `<propfind xmlns="DAV:"><prop>${names.map((name) => `<${name}/>`).join("")}</prop></propfind>`;

let context: ServerContext;

beforeEach(() => {
  context = testContext();
});

async function ask(
  target: string,
  options: TestRequestOptions & { readonly depth?: string } = {},
): Promise<ReadonlyMap<string, ResponseView>> {
  const headers = { ...(options.depth === undefined ? {} : { depth: options.depth }), ...options.headers };
  const answer = await propfind(testRequest("PROPFIND", target, { ...options, headers }), context);
  expect(answer.status).toBe(207);
  expect(answer.fields["Content-Type"]).toBe("application/xml; charset=utf-8");
  return viewMultistatus(await readContent(answer));
}

async function setProperties(target: string, ...elements: string[]): Promise<void> {
  const changes = elements.map((xml) => setting(parseXml(xml)));
  await context.tree.patchProperties(parsePath(target), changes);
}

describe("PROPFIND of named properties (RFC 4918 §9.1.3)", () => {
  test("has found properties with 200 and others with 404, as the RFC's example", async () => {
    await plant(context.tree, "/file", "x");
    const namespace = "http://ns.example.com/boxschema/";
    await setProperties(
      "/file",
      `<R:bigbox xmlns:R="${namespace}"><R:BoxType>Box type A</R:BoxType></R:bigbox>`,
      `<R:author xmlns:R="${namespace}"><R:Name>J.J. Johnson</R:Name></R:author>`,
    );
    const views = await ask("/file", { content: fixture("rfc4918-9.1.3-propfind-prop.xml") });
    expect([...views.keys()]).toEqual(["/file"]);
    const { properties } = views.get("/file") ?? { properties: new Map() };
    expect([...properties.keys()]).toEqual([200, 404]);
    expect([...properties.get(200).keys()]).toEqual([`{${namespace}}bigbox`, `{${namespace}}author`]);
    expect(properties.get(200).get(`{${namespace}}author`).children[0].text).toBe("J.J. Johnson");
    expect([...properties.get(404).keys()]).toEqual([`{${namespace}}DingALing`, `{${namespace}}Random`]);
    expect(properties.get(404).get(`{${namespace}}Random`).text).toBe("");
  });

  test("knows the live properties of a document (§15)", async () => {
    await plant(context.tree, "/caf%C3%A9%20%26%20co.txt", "hello");
    const resource = await context.tree.lookup(parsePath("/caf%C3%A9%20%26%20co.txt"));
    const names = ["creationdate", "displayname", "getcontentlength", "getcontenttype", "getetag"];
    const content = prop(...names, "getlastmodified", "resourcetype", "supportedlock", "lockdiscovery");
    const view = (await ask("/caf%C3%A9%20%26%20co.txt", { content })).get("/caf%C3%A9%20%26%20co.txt");
    expect(textOf(view, "creationdate")).toBe("2026-01-15T12:00:00Z");
    expect(textOf(view, "displayname")).toBe("café & co.txt");
    expect(textOf(view, "getcontentlength")).toBe("5");
    expect(textOf(view, "getcontenttype")).toBe("text/plain; charset=utf-8");
    expect(textOf(view, "getetag")).toBe(resource?.kind === "document" ? resource.etag : "none");
    expect(textOf(view, "getlastmodified")).toBe("Thu, 15 Jan 2026 12:00:00 GMT");
    expect(view?.properties.get(200)?.get("{DAV:}resourcetype")?.children).toEqual([]);
    expect(view?.properties.get(200)?.get("{DAV:}supportedlock")?.children).toHaveLength(2);
    expect(view?.properties.get(200)?.get("{DAV:}lockdiscovery")?.children).toEqual([]);
    expect(view?.properties.has(404)).toBe(false);
  });

  test("a collection has its type, and no length, language or entity tag", async () => {
    await plant(context.tree, "/c/");
    const content = prop(
      "resourcetype",
      "getcontentlength",
      "getetag",
      "getcontentlanguage",
      "getcontenttype",
    );
    const view = (await ask("/c", { content, depth: "0" })).get("/c/");
    const type = view?.properties.get(200)?.get("{DAV:}resourcetype")?.children ?? [];
    expect(type.map(({ name }) => name)).toEqual([{ namespace: "DAV:", local: "collection" }]);
    expect(textOf(view, "getcontenttype")).toBe("text/html; charset=utf-8");
    expect([...(view?.properties.get(404)?.keys() ?? [])]).toEqual([
      "{DAV:}getcontentlength",
      "{DAV:}getetag",
      "{DAV:}getcontentlanguage",
    ]);
  });

  test("a display name that a client set is shown in place of the resource's own (§15.2)", async () => {
    await plant(context.tree, "/a");
    await setProperties("/a", '<x:displayname xmlns:x="DAV:" xml:lang="de">Müllers</x:displayname>');
    for (const content of [prop("displayname"), ""]) {
      const view = (await ask("/a", { content })).get("/a");
      expect(textOf(view, "displayname")).toBe("Müllers");
      expect(view?.properties.get(200)?.get("{DAV:}displayname")?.lang).toBe("de");
    }
  });

  test("a modification in the future is told as now, as Last-Modified would be (RFC 9110 §8.8.2.1)", async () => {
    await plant(context.tree, "/a");
    await context.tree.touch(parsePath("/a"), testNowMs + 3_600_000);
    expect(textOf((await ask("/a")).get("/a"), "getlastmodified")).toBe("Thu, 15 Jan 2026 12:00:00 GMT");
  });

  test("a request for no property at all still gets a propstat (§14.24)", async () => {
    await plant(context.tree, "/a");
    const view = (await ask("/a", { content: prop() })).get("/a");
    expect(view?.properties.get(200)?.size).toBe(0);
  });
});

describe("PROPFIND of all properties, and of their names (RFC 4918 §9.1.4-9.1.6)", () => {
  beforeEach(async () => {
    context = testContext({
      tree: createMemoryTree({ clock: () => testNowMs, quota: { availableBytes: 7, usedBytes: 5 } }),
    });
    await plant(context.tree, "/c/front.html", "<p>");
    await setProperties("/c", '<R:bigbox xmlns:R="http://ns.example.com/boxschema/">Box</R:bigbox>');
  });

  const rfc4918OfCollection = [
    "{DAV:}creationdate",
    "{DAV:}displayname",
    "{DAV:}getcontenttype",
    "{DAV:}getlastmodified",
    "{DAV:}lockdiscovery",
    "{DAV:}resourcetype",
    "{DAV:}supportedlock",
  ];
  const bigbox = "{http://ns.example.com/boxschema/}bigbox";
  const besides = [
    "{DAV:}lastmodified",
    "{DAV:}quota-available-bytes",
    "{DAV:}quota-used-bytes",
    "{DAV:}current-user-principal",
    "{DAV:}current-user-privilege-set",
  ];

  test("propname gives the names of all properties, without values (§9.1.4)", async () => {
    const views = await ask("/c/", { content: fixture("rfc4918-9.1.4-propfind-propname.xml") });
    expect([...views.keys()]).toEqual(["/c/", "/c/front.html"]);
    const names = views.get("/c/")?.properties.get(200);
    expect([...(names?.keys() ?? [])].toSorted()).toEqual(
      [...rfc4918OfCollection, ...besides, bigbox].toSorted(),
    );
    for (const element of names?.values() ?? [])
      expect(element.children.length + element.text.length).toBe(0);
  });

  test.each([
    ["an allprop element", () => fixture("rfc4918-9.1.5-propfind-allprop.xml")],
    ["no content", () => ""],
  ])("%s gets dead properties and the live ones of RFC 4918 only (§9.1.5, §14.2)", async (_what, content) => {
    const views = await ask("/c/", { content: content(), depth: "1" });
    const collection = views.get("/c/")?.properties;
    expect([...(collection?.get(200)?.keys() ?? [])].toSorted()).toEqual(
      [...rfc4918OfCollection, bigbox].toSorted(),
    );
    expect(collection?.has(404)).toBe(false);
    expect(textOf(views.get("/c/"), bigbox)).toBe("Box");
    expect(textOf(views.get("/c/front.html"), "getcontentlength")).toBe("3");
    expect(textOf(views.get("/c/front.html"), "getcontenttype")).toBe("text/html");
  });

  test("include adds what allprop leaves out, and misses with 404 what is not there (§9.1.6)", async () => {
    const content = `<propfind xmlns="DAV:"><allprop/><include><quota-used-bytes/><getetag/><acl/></include></propfind>`;
    const views = await ask("/c/", { content });
    const { properties } = views.get("/c/") ?? { properties: new Map() };
    expect(textOf(views.get("/c/"), "quota-used-bytes")).toBe("5");
    expect([...properties.get(404).keys()]).toEqual(["{DAV:}acl"]);
    expect([...(views.get("/c/front.html")?.properties.get(404)?.keys() ?? [])]).toEqual([
      "{DAV:}quota-used-bytes",
      "{DAV:}acl",
    ]);
    const example = await ask("/c/", { content: fixture("rfc4918-9.1.6-propfind-include.xml") });
    expect([...(example.get("/c/")?.properties.get(404)?.keys() ?? [])]).toHaveLength(2);
  });

  test("quota is a property of collections (RFC 4331 §3, §4)", async () => {
    const views = await ask("/c/", { content: prop("quota-available-bytes", "quota-used-bytes") });
    expect(textOf(views.get("/c/"), "quota-available-bytes")).toBe("7");
    expect(textOf(views.get("/c/"), "quota-used-bytes")).toBe("5");
    expect(views.get("/c/front.html")?.properties.get(404)?.size).toBe(2);
  });

  test("the current user's principal has an href; an anonymous one is unauthenticated (RFC 5397 §3)", async () => {
    const content = prop("current-user-principal");
    const known = await ask("/c/", { content, depth: "0", principal: "ann/é", prefix: "/dav" });
    const href = known.get("/dav/c/")?.properties.get(200)?.get("{DAV:}current-user-principal")?.children[0];
    expect(href?.text).toBe("/dav/.meanwhile/operations/principals/ann%252F%C3%A9");
    const unknown = await ask("/c/", { content, depth: "0" });
    const element = unknown.get("/c/")?.properties.get(200)?.get("{DAV:}current-user-principal")?.children[0];
    expect(element?.name.local).toBe("unauthenticated");
  });

  test("what the current user may do is told as privileges (RFC 3744 §5.4)", async () => {
    context = { ...context, access: rights({ "/": "rw", "/c": "r" }) };
    const content = prop("current-user-privilege-set");
    const told = async (target: string) => {
      const view = (await ask(target, { content, depth: "0" })).get(target);
      const element = view?.properties.get(200)?.get("{DAV:}current-user-privilege-set");
      return element?.children.map(({ children: [privilege] }) => privilege?.name.local);
    };
    expect(await told("/c/")).toEqual(["read"]);
    expect(await told("/")).toEqual([
      "read",
      "write",
      "write-properties",
      "write-content",
      "bind",
      "unbind",
      "unlock",
    ]);
  });

  test("a stored property never takes the place of one that only the server knows", async () => {
    await setProperties(
      "/c/front.html",
      '<getetag xmlns="DAV:">forged</getetag>',
      '<quota-used-bytes xmlns="DAV:"/>',
    );
    const include = '<propfind xmlns="DAV:"><allprop/><include><quota-used-bytes/></include></propfind>';
    for (const content of ["", prop("getetag", "quota-used-bytes"), include]) {
      const answer = await propfind(testRequest("PROPFIND", "/c/front.html", { content }), context);
      const text = await readContent(answer);
      expect(text).not.toContain("forged");
      expect(text.split("getetag>").length - 1).toBe(2);
      const found = viewMultistatus(text).get("/c/front.html")?.properties.get(200);
      expect(found?.has("{DAV:}quota-used-bytes")).toBe(false);
    }
    const names = await ask("/c/front.html", { content: '<propfind xmlns="DAV:"><propname/></propfind>' });
    expect(names.get("/c/front.html")?.properties.get(200)?.has("{DAV:}quota-used-bytes")).toBe(false);
  });

  test("a dead property is in the answer as it was set: prefix, language, comment and CDATA kept (§4.3)", async () => {
    const xml = `<q:p xmlns:q="urn:q" xml:lang="fr" a='1'><!-- c --><q:b/>&amp;<![CDATA[<x>]]> \u{1F600}</q:p>`;
    await setProperties("/c/front.html", xml, '<none xmlns="">n</none>');
    for (const content of [
      `<D:propfind xmlns:D="DAV:"><D:prop><p xmlns="urn:q"/></D:prop></D:propfind>`,
      "",
    ]) {
      const answer = await propfind(testRequest("PROPFIND", "/c/front.html", { content }), context);
      expect(await readContent(answer)).toContain(xml);
    }
    expect(textOf((await ask("/c/front.html")).get("/c/front.html"), "{}none")).toBe("n");
  });
});

describe("Depth (RFC 4918 §9.1, §10.2)", () => {
  beforeEach(async () => {
    for (const target of ["/a/b/c/d.txt", "/a/e.txt", "/f.txt"]) await plant(context.tree, target, "x");
  });

  test.each([
    ["0", ["/"]],
    ["1", ["/", "/a/", "/f.txt"]],
    ["infinity", ["/", "/a/", "/a/b/", "/a/b/c/", "/a/b/c/d.txt", "/a/e.txt", "/f.txt"]],
    ["Infinity", ["/", "/a/", "/a/b/", "/a/b/c/", "/a/b/c/d.txt", "/a/e.txt", "/f.txt"]],
    [undefined, ["/", "/a/", "/a/b/", "/a/b/c/", "/a/b/c/d.txt", "/a/e.txt", "/f.txt"]],
  ])("%s: the resource and its members that deep", async (depth, hrefs) => {
    const views = await ask("/", depth === undefined ? {} : { depth });
    expect([...views.keys()].toSorted()).toEqual(hrefs);
  });

  test.each(["0", "1", "infinity"])("%s on a document is the document alone", async (depth) => {
    expect([...(await ask("/f.txt", { depth })).keys()]).toEqual(["/f.txt"]);
  });

  test("hrefs are absolute paths with the prefix that the tree is mounted at, collections ending in a slash (§8.3, §5.2)", async () => {
    const views = await ask("/a", { depth: "1", prefix: "/dav/x" });
    expect([...views.keys()].toSorted()).toEqual(["/dav/x/a/", "/dav/x/a/b/", "/dav/x/a/e.txt"]);
  });

  test("a tree's root is called after its prefix", async () => {
    expect(
      textOf((await ask("/", { depth: "0", prefix: "/my%20dav" })).get("/my%20dav/"), "displayname"),
    ).toBe("my dav");
    expect(textOf((await ask("/", { depth: "0" })).get("/"), "displayname")).toBe("/");
  });

  test("where the server forbids it, infinity is refused with propfind-finite-depth (§9.1.1)", async () => {
    context = { ...context, limits: { ...defaultLimits, infinitePropfind: false } };
    const refusal = { status: 403, condition: { code: "propfind-finite-depth" } };
    await expect(ask("/", { depth: "infinity" })).rejects.toMatchObject(refusal);
    await expect(ask("/")).rejects.toMatchObject(refusal);
    expect((await ask("/", { depth: "1" })).size).toBe(3);
  });

  test.each(["2", "", "-1", "1,infinity", "0x1", "∞"])("Depth: %s is refused with 400", async (depth) => {
    await expect(ask("/", { depth })).rejects.toMatchObject({ status: 400 });
  });
});

describe("PROPFIND that cannot be answered", () => {
  test("404 where there is no resource", async () => {
    await expect(ask("/nothing")).rejects.toMatchObject({ status: 404 });
  });

  test.each([
    ["not XML", "hello"],
    ["cut off", "<propfind xmlns='DAV:'><prop>"],
    ["another element", "<lockinfo xmlns='DAV:'/>"],
    [
      "a bad namespace prefix",
      "<D:propfind xmlns:D='DAV:'><D:prop><bar:foo xmlns:bar=''/></D:prop></D:propfind>",
    ],
    ["a document type", "<!DOCTYPE a [<!ENTITY b 'c'>]><propfind xmlns='DAV:'><allprop/></propfind>"],
  ])("400 for a body that is %s", async (_what, content) => {
    await expect(ask("/", { content })).rejects.toMatchObject({ status: 400 });
  });

  test("413 for a body beyond the limit", async () => {
    context = { ...context, limits: { ...defaultLimits, xmlBytes: 20 } };
    await expect(ask("/", { content: prop("getetag") })).rejects.toMatchObject({ status: 413 });
  });
});

describe("preferences (RFC 8144)", () => {
  beforeEach(async () => {
    await plant(context.tree, "/c/a.txt", "x");
  });

  const content = prop("getcontentlength", "nothing");

  test.each([
    [{ prefer: "return=minimal" }, "return=minimal"],
    [{ brief: "t" }, undefined],
  ])("%o leaves out what was not found (§2.1)", async (headers, applied) => {
    const answer = await propfind(testRequest("PROPFIND", "/c/", { content, headers }), context);
    expect(answer.fields["Preference-Applied"]).toBe(applied);
    expect(answer.fields["Vary"]).toBe("Brief, Prefer");
    const views = viewMultistatus(await readContent(answer));
    expect([...(views.get("/c/a.txt")?.properties.keys() ?? [])]).toEqual([200]);
    // "If the omission would result in a response containing zero propstat elements, the server MUST substitute".
    expect([...(views.get("/c/")?.properties.keys() ?? [])]).toEqual([200]);
    expect(views.get("/c/")?.properties.get(200)?.size).toBe(0);
  });

  test("without it nothing is left out, and nothing is said to be applied", async () => {
    const answer = await propfind(testRequest("PROPFIND", "/c/", { content }), context);
    expect(answer.fields["Preference-Applied"]).toBeUndefined();
    expect(
      viewMultistatus(await readContent(answer))
        .get("/c/")
        ?.properties.get(404)?.size,
    ).toBe(2);
  });

  test("depth-noroot leaves out the collection itself, and only where there are members (§4)", async () => {
    const headers = { prefer: "depth-noroot, return=minimal", depth: "1" };
    const answer = await propfind(testRequest("PROPFIND", "/c/", { headers }), context);
    expect(answer.fields["Preference-Applied"]).toBe("return=minimal, depth-noroot");
    expect([...viewMultistatus(await readContent(answer)).keys()]).toEqual(["/c/a.txt"]);
    const alone = await propfind(
      testRequest("PROPFIND", "/c/", { headers: { prefer: "depth-noroot", depth: "0" } }),
      context,
    );
    expect(alone.fields["Preference-Applied"]).toBeUndefined();
    expect([...viewMultistatus(await readContent(alone)).keys()]).toEqual(["/c/"]);
  });

  test.each(["1,noroot", "1, noroot", "1 ,NoRoot", "infinity,noroot"])(
    "Depth: %s leaves it out, too, as Microsoft's clients ask for it",
    async (depth) => {
      const answer = await propfind(testRequest("PROPFIND", "/c/", { headers: { depth } }), context);
      expect(answer.fields["Preference-Applied"]).toBeUndefined();
      expect([...viewMultistatus(await readContent(answer)).keys()]).toEqual(["/c/a.txt"]);
    },
  );

  test.each(["0,noroot", "1,norot", "noroot", ",noroot", "1,noroot,noroot", "1noroot"])(
    "Depth: %s is none: 400",
    async (depth) => {
      const asked = propfind(testRequest("PROPFIND", "/c/", { headers: { depth } }), context);
      await expect(asked).rejects.toMatchObject({ status: 400 });
    },
  );
});
