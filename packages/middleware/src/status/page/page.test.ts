import { createHash } from "node:crypto";
import { Script } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byId, elementsOf, type HtmlElement, parseHtml, textOf } from "../../testing/html-tree.ts";
import { collectionUrl, startMs, statusFixture } from "../../testing/status-fixture.ts";
import type { StatusAnswer } from "../answer.ts";
import type { StatusDocument } from "../document.ts";
import { pageFields, statusPage } from "./page.ts";

const html = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

function pageOf(answer: StatusAnswer): HtmlElement {
  return parseHtml(String(answer.content));
}

function isHidden(page: HtmlElement, id: string): boolean {
  return byId(page, id).attributes.has("hidden");
}

describe("the page of an operation", () => {
  test("shows progress, failures, and what is left; it loads itself again where there is no script", async () => {
    const { start, ask, advance } = statusFixture();
    const { operation, work } = start({ principal: "ann" });
    await advance(60_000);
    work.progress(5, 20, "a remark");
    work.bytes(1_500_000, 3_000_000, "films/<launch>.mp4");
    work.result(423, "http://files.example/source/a");
    const answer = await ask(operation.id, { headers: html });
    expect(answer).toMatchObject({
      status: 200,
      fields: {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        Vary: "Accept, Prefer",
      },
    });
    const page = pageOf(answer);
    expect(Object.fromEntries(byId(page, "progress").attributes)).toMatchObject({ value: "5", max: "20" });
    expect(textOf(byId(page, "count"))).toBe("5 of 20 members");
    expect(Object.fromEntries(byId(page, "bytes").attributes)).toMatchObject({
      value: "1500000",
      max: "3000000",
    });
    expect(textOf(byId(page, "member"))).toBe("films/<launch>.mp4");
    expect(textOf(byId(page, "bytes-line"))).toBe("1.5 of 3.0 MB of this file");
    expect(textOf(byId(page, "remaining"))).toBe("about 3 min left");
    expect(textOf(byId(page, "remark"))).toBe("a remark");
    expect(textOf(byId(page, "state"))).toBe("Running");
    expect(textOf(byId(page, "failures"))).toBe("1 member failed");
    expect(textOf(byId(page, "failed"))).toBe("423 /source/a");
    expect(isHidden(page, "outcome")).toBe(true);
    const refresh = elementsOf(page).find(({ attributes }) => attributes.get("http-equiv") === "refresh");
    expect(refresh?.attributes.get("content")).toBe("5");
    const noscript = elementsOf(page).find(({ name }) => name === "noscript");
    expect(noscript?.children).toEqual([refresh]);
  });

  test("tells where it goes, and leads to the result once that is there", async () => {
    const document: StatusDocument = {
      version: 1,
      id: "x",
      href: "http://files.example/o/x",
      state: "running",
      method: "COPY",
      target: "http://files.example/a",
      destination: "http://files.example/b%3C",
      started: "2026-01-15T12:00:00.000Z",
      progress: { done: 1, total: 2 },
      failed: [],
      failures: 0,
    };
    const running = parseHtml(statusPage(document, startMs));
    expect(textOf(running)).toContain("to /b<");
    expect(isHidden(running, "result")).toBe(true);
    const outcome = (status: number) => ({ status, href: `${document.href}/outcome` });
    const ended = (status: number, method = "COPY") =>
      parseHtml(statusPage({ ...document, method, state: "finished", outcome: outcome(status) }, startMs));
    expect(isHidden(ended(201), "result")).toBe(false);
    expect(byId(ended(201), "result").attributes.get("href")).toBe("/b%3C");
    expect(isHidden(ended(423), "result")).toBe(true);
    expect(elementsOf(ended(204, "DELETE")).some(({ attributes }) => attributes.get("id") === "result")).toBe(
      false,
    );
  });

  test("has a bar without a value while the total is not known", async () => {
    const { start, ask } = statusFixture();
    const { operation, work } = start({ principal: "ann" });
    work.progress(1);
    const page = pageOf(await ask(operation.id, { headers: html }));
    expect(byId(page, "progress").attributes.has("value")).toBe(false);
    expect(textOf(byId(page, "count"))).toBe("1 member");
    expect(isHidden(page, "remaining")).toBe(true);
    expect(isHidden(page, "bytes")).toBe(true);
  });

  test("at the end links to the final response, and loads itself no more", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    await end({ status: 207 });
    const page = pageOf(await ask(operation.id, { headers: html }));
    expect(textOf(byId(page, "state"))).toBe("Finished: 207 Multi-Status");
    expect(byId(page, "outcome").attributes.get("href")).toBe(
      `${new URL(collectionUrl).pathname}${operation.id}/outcome`,
    );
    expect(isHidden(page, "outcome")).toBe(false);
    expect(elementsOf(page).some(({ attributes }) => attributes.has("http-equiv"))).toBe(false);
  });

  test("is told from its JSON by its validator, and not sent again to who has it", async () => {
    const { start, ask } = statusFixture();
    const { operation } = start({ principal: "ann" });
    const tag = String((await ask(operation.id, { headers: html })).fields["ETag"]);
    expect(tag).toMatch(/^W\//);
    expect((await ask(operation.id, { headers: { ...html, "if-none-match": tag } })).status).toBe(304);
  });
});

describe("every page", () => {
  const answers = async (): Promise<readonly StatusAnswer[]> => {
    const { start, ask } = statusFixture();
    const { operation } = start({ principal: "ann" });
    return [await ask(operation.id, { headers: html }), await ask("", { headers: html })];
  };

  test("lets in nothing but its own style and script: their hashes are the policy's", async () => {
    for (const answer of await answers()) {
      const policy = new Map(
        String(answer.fields["Content-Security-Policy"])
          .split("; ")
          .map((directive) => [directive.split(" ")[0], directive]),
      );
      expect(policy.get("default-src")).toBe("default-src 'none'");
      expect(policy.get("connect-src")).toBe("connect-src 'self'");
      expect(policy.get("frame-ancestors")).toBe("frame-ancestors 'none'");
      for (const { name, attributes } of elementsOf(pageOf(answer))) {
        expect([...attributes.keys()].filter((key) => key === "style" || key.startsWith("on"))).toEqual([]);
        expect(attributes.has("src")).toBe(false);
        expect(["img", "link", "iframe", "object", "base", "form"]).not.toContain(name);
      }
      for (const name of ["style", "script"]) {
        const own = elementsOf(pageOf(answer)).filter((element) => element.name === name);
        expect(own).toHaveLength(1);
        const hash = createHash("sha256")
          .update(textOf(own[0] ?? pageOf(answer)))
          .digest("base64");
        expect(policy.get(`${name}-src`)).toContain(`'sha256-${hash}'`);
      }
    }
  });

  test("has a language, a title, names for its bars, and a scheme for light and dark", async () => {
    for (const answer of await answers()) {
      const page = pageOf(answer);
      expect(page.attributes.get("lang")).toBe("en");
      expect(textOf(elementsOf(page).find(({ name }) => name === "title") ?? page)).not.toBe("");
      expect(elementsOf(page).filter(({ name }) => name === "h1")).toHaveLength(1);
      for (const bar of elementsOf(page).filter(({ name }) => name === "progress")) {
        expect(bar.attributes.has("aria-label") || bar.attributes.has("aria-labelledby")).toBe(true);
      }
      const metas = elementsOf(page).map(({ attributes }) => [
        attributes.get("name"),
        attributes.get("content"),
      ]);
      expect(metas).toContainEqual(["color-scheme", "light dark"]);
      const ids = elementsOf(page).flatMap(({ attributes }) => attributes.get("id") ?? []);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test("has a script that is one, names only what the page has, and puts nothing in as markup", async () => {
    for (const answer of await answers()) {
      const page = pageOf(answer);
      const script = textOf(elementsOf(page).find(({ name }) => name === "script") ?? page);
      expect(() => new Script(script)).not.toThrow();
      expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
      for (const [, id = ""] of script.matchAll(/(?:get|text|getElementById)\("([a-z-]+)"/g)) byId(page, id);
    }
  });

  test("says in a live region only what changes seldom", async () => {
    const page = pageOf((await answers())[0] ?? { status: 0, fields: {}, content: "" });
    const live = elementsOf(page).filter(({ attributes }) => attributes.get("role") === "status");
    expect(live.map(({ attributes }) => attributes.get("id"))).toEqual(["state", "connection"]);
  });
});

describe("names that mean harm", () => {
  const harmful = [
    `"><script>alert(1)</script>`,
    "'><img src=x onerror=alert(1)>",
    "</title><script>",
    "&lt;b&gt; &amp;",
    "\u202Egpj.exe",
    "a\0b\nc",
    "\uD800",
    "</script>",
    "javascript:alert(1)",
  ];

  test.each(harmful)("%j is shown as text", async (name) => {
    const { start, ask } = statusFixture();
    const target = `http://files.example/${name}`;
    const { operation, work } = start({ principal: "ann", target, kind: name });
    work.progress(1, 2, name);
    work.result(423, name);
    for (const rest of [operation.id, ""]) {
      const page = pageOf(await ask(rest, { headers: html }));
      expect(elementsOf(page).filter(({ name: tag }) => tag === "script")).toHaveLength(1);
      const links = elementsOf(page).flatMap(({ attributes }) => attributes.get("href") ?? []);
      expect(links.length).toBeGreaterThan(0);
      for (const link of links) expect(link).toMatch(/^\/\.meanwhile\/operations\//);
      expect(textOf(page)).not.toMatch(/[\u202A-\u202E\0]/);
    }
  });

  test("whatever an operation is about, its page is well written", () => {
    const document: StatusDocument = {
      version: 1,
      id: "ID",
      href: `${collectionUrl}ID`,
      state: "running",
      method: "COPY",
      target: "",
      started: new Date(startMs).toISOString(),
      progress: { done: 0 },
      failed: [],
      failures: 1,
    };
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const page = statusPage(
          {
            ...document,
            method: name,
            target: name,
            failed: [{ status: 423, uri: name }],
            progress: { done: 0, remark: name },
          },
          startMs,
        );
        return elementsOf(parseHtml(page)).filter(({ name: tag }) => tag === "script").length === 1;
      }),
      { numRuns: 40 },
    );
  });
});

describe("the page of the list", () => {
  test("and that of an operation lead back to what operations are about, where there is such a place", async () => {
    const { start, ask } = statusFixture();
    const { operation } = start({ principal: "ann" });
    for (const path of ["", operation.id]) {
      const home = { headers: html, home: "/files & more/" };
      const linked = (page: HtmlElement) =>
        elementsOf(page).filter((element) => element.name === "a" && textOf(element) === "All files");
      const [link] = linked(pageOf(await ask(path, home)));
      expect(link?.attributes.get("href")).toBe("/files & more/");
      expect(linked(pageOf(await ask(path, { headers: html })))).toEqual([]);
    }
  });

  test("has a row for each operation, with a link to its status document", async () => {
    const { start, ask } = statusFixture();
    const running = start({ principal: "ann", target: "http://files.example/1" });
    const ended = start({ principal: "ann", target: "http://files.example/2" });
    running.work.result(423, "http://files.example/1/a");
    await ended.end();
    const answer = await ask("", { headers: html });
    expect(answer.fields).toMatchObject(pageFields);
    const page = pageOf(answer);
    const rows = byId(page, "rows").children.filter((child) => typeof child !== "string");
    expect(rows.map(textOf)).toEqual([
      "COPY /1Running, 1 failed2026-01-15 12:00:00 UTC",
      "COPY /2Finished: 201 Created2026-01-15 12:00:00 UTC",
    ]);
    const links = rows.flatMap((row) =>
      elementsOf(row).flatMap(({ attributes }) => attributes.get("href") ?? []),
    );
    expect(links).toEqual([running, ended].map(({ operation }) => `/.meanwhile/operations/${operation.id}`));
    expect(isHidden(page, "none")).toBe(true);
  });

  test("says that there are none", async () => {
    const { ask } = statusFixture();
    const page = pageOf(await ask("", { headers: html, principal: undefined }));
    expect(isHidden(page, "none")).toBe(false);
    expect(elementsOf(page).some(({ attributes }) => attributes.has("http-equiv"))).toBe(false);
  });
});
