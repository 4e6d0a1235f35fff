/** What Express answers, in the ways that its documentation tells of. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { expressAppCases } from "./express-app-cases.ts";
import { answers, type ExpressCase, withSettings } from "./express-case.ts";
import { expressFileCases } from "./express-file-cases.ts";

const html = { Accept: "text/html" };
const fresh = { "If-None-Match": "*" };
const long = "a longer text, ".repeat(2000);

/** @param root a folder as {@link expressFileCases} wants it */
export function expressCases(root: string): readonly ExpressCase[] {
  return [...responseCases(root), ...expressFileCases(root), ...expressAppCases];
}

function responseCases(root: string): readonly ExpressCase[] {
  const file = `${root}/hello.txt`;
  return [
    answers("send without anything", (_q, r) => r.send()),
    answers("send null", (_q, r) => r.send(null)),
    answers("send undefined with a type", (_q, r) => r.type("text").send(undefined)),
    answers("send a number as JSON", (_q, r) => r.send(1000 as never)),
    answers("send true as JSON", (_q, r) => r.send(true)),
    answers("send text as HTML", (_q, r) => r.send("<p>hey</p>")),
    answers("send text of another type", (_q, r) => r.set("Content-Type", "text/plain").send("hey")),
    answers("send text in another charset", (_q, r) =>
      r.set("Content-Type", "text/plain; charset=iso-8859-1").send("h\u00e9"),
    ),
    answers("send with parameters beside the charset", (_q, r) =>
      r.set("Content-Type", "text/plain; foo=bar").send("hey"),
    ),
    answers("send long text", (_q, r) => r.send(long)),
    answers("send bytes", (_q, r) => r.send(Buffer.from("hello"))),
    answers("send bytes of a type", (_q, r) => r.type("png").send(Buffer.from([1, 2, 3, 255]))),
    answers("send a typed array", (_q, r) => r.send(new Uint8Array([104, 105]) as never)),
    answers("send an object", (_q, r) => r.send({ name: "tobi", list: [1, null] })),
    answers("send an empty string", (_q, r) => r.send("")),
    answers("send to HEAD", (_q, r) => r.send("yay"), { method: "HEAD" }),
    answers("send a stream's length to HEAD", (_q, r) => r.set("Content-Length", "9").end(), {
      method: "HEAD",
    }),
    answers("204 has no content and says nothing of it", (_q, r) =>
      r.status(204).set("Transfer-Encoding", "chunked").send("foo"),
    ),
    answers("205 has no content", (_q, r) => r.status(205).set("Transfer-Encoding", "chunked").send("foo")),
    answers("304 has no content", (_q, r) => r.status(304).set("Transfer-Encoding", "chunked").send("foo")),
    answers("304 where the client has it", (_q, r) => r.set("ETag", '"asdf"').send("foo"), { fields: fresh }),
    answers("no 304 where it failed", (_q, r) => r.status(500).set("ETag", '"asdf"').send("foo"), {
      fields: fresh,
    }),
    answers("no 304 to POST", (_q, r) => r.set("ETag", '"asdf"').send("foo"), {
      method: "POST",
      fields: fresh,
      content: "",
    }),
    answers("an entity tag of one's own", (_q, r) => r.set("etag", '"asdf"').send("hello")),
    withSettings("no entity tag", { etag: false }, (_q, r) => r.send("kept")),
    withSettings("a strong entity tag", { etag: "strong" }, (_q, r) => r.send("hello")),
    withSettings("a weak entity tag", { etag: "weak" }, (_q, r) => r.send("hello")),
    withSettings("an entity tag by a function", { etag: (body: Buffer) => `"${body.length}"` }, (_q, r) =>
      r.send("hello"),
    ),
    answers("chunks where it is told so", (_q, r) => r.set("Transfer-Encoding", "chunked").send("hey")),
    answers("json null", (_q, r) => r.json(null)),
    answers("json number", (_q, r) => r.json(300)),
    answers("json string", (_q, r) => r.json("str")),
    answers("json array", (_q, r) => r.json(["foo", "\u00e9", undefined])),
    answers("json undefined", (_q, r) => r.json(undefined)),
    answers("json of a type of one's own", (_q, r) =>
      r.type("application/vnd.example+json").json({ hello: "world" }),
    ),
    answers("json with a status", (_q, r) => r.status(422).json({ error: "no" })),
    answers("json that cannot be", (_q, r) => r.json(1n)),
    withSettings("json escaped", { "json escape": true }, (_q, r) => r.json({ "&": "<script>" })),
    withSettings(
      "json replaced",
      { "json replacer": (key: string, value: unknown) => (key.startsWith("_") ? undefined : value) },
      (_q, r) => r.json({ name: "a", _id: 1 }),
    ),
    withSettings("json spaced", { "json spaces": 2 }, (_q, r) => r.json({ name: "a", age: 2 })),
    answers("jsonp", (_q, r) => r.jsonp({ count: 1 }), { path: "/?callback=something" }),
    answers("jsonp without a callback", (_q, r) => r.jsonp({ count: 1 })),
    answers("jsonp with code in the callback's name", (_q, r) => r.jsonp({}), {
      path: "/?callback=foo;bar()",
    }),
    answers("jsonp with separators of lines", (_q, r) => r.jsonp({ str: "\u2028 \u2029" }), {
      path: "/?callback=cb[1]",
    }),
    withSettings("jsonp by another name", { "jsonp callback name": "clb" }, (_q, r) => r.jsonp(null), {
      path: "/?clb=x",
    }),
    answers("attachment", (_q, r) => r.attachment("/path/to/image.png").send("foo")),
    answers("attachment without a name", (_q, r) => r.attachment().send("foo")),
    ...[200, 201, 404, 501, 599, 999].map((status) =>
      answers(`sendStatus ${status}`, (_q, r) => r.sendStatus(status)),
    ),
    answers("status with a reason of its own", (_q, r) => {
      r.statusMessage = "Quite Good";
      r.status(200).end("x");
    }),
    answers("a status that is none", (_q, r) => r.status(99_999).end()),
    answers("redirect", (_q, r) => r.redirect("http://example.com")),
    answers("redirect with a status", (_q, r) => r.redirect(303, "/there?x=1")),
    answers("redirect as HTML", (_q, r) => r.redirect("http://example.com/?param=<script>"), {
      fields: html,
    }),
    answers("redirect as text", (_q, r) => r.redirect("/\u00e9"), { fields: { Accept: "text/plain" } }),
    answers("redirect as nothing", (_q, r) => r.redirect("/x"), {
      fields: { Accept: "application/octet-stream" },
    }),
    answers("redirect of HEAD", (_q, r) => r.redirect("/x"), { method: "HEAD" }),
    ...["text/html", "text/plain, application/json;q=0.5", "application/*", "image/png", ""].map((accept) =>
      answers(
        `format for ${accept || "no preference"}`,
        (_q, r) =>
          r.format({
            "text/plain": () => r.send("hey"),
            html: () => r.send("<p>hey</p>"),
            json: () => r.send({ hey: 1 }),
          }),
        accept ? { fields: { Accept: accept } } : {},
      ),
    ),
    answers(
      "format with a default",
      (_q, r) => r.format({ json: () => r.send({}), default: () => r.status(300).send("default") }),
      {
        fields: { Accept: "image/png" },
      },
    ),
    answers("cookies", (_q, r) =>
      r.cookie("name", "tobi").cookie("age", 1, { path: "/", httpOnly: true }).end(),
    ),
    answers("a cookie of an object, with all there is", (_q, r) =>
      r
        .cookie(
          "cart",
          { items: [1, 2, 3] },
          { secure: true, sameSite: "lax", domain: "a.example", priority: "high", expires: new Date(4e12) },
        )
        .end(),
    ),
    answers("a signed cookie", (request, r) => {
      (request as { secret?: string }).secret = "foo bar";
      r.cookie("user", { name: "tobi" }, { signed: true }).end();
    }),
    answers("a signed cookie without a secret", (_q, r) => r.cookie("user", "x", { signed: true }).end()),
    answers("clearCookie", (_q, r) => r.cookie("a", "1").clearCookie("sid", { path: "/admin" }).end()),
    answers("append", (_q, r) =>
      r
        .append("Set-Cookie", "a=1")
        .append("Set-Cookie", ["b=2", "c=3"])
        .append("X-Foo", "1")
        .append("X-Foo", "2")
        .end(),
    ),
    answers("links", (_q, r) =>
      r.links({ next: "http://a.example/?p=2" }).links({ last: "http://a.example/?p=5" }).end(),
    ),
    answers("location", (_q, r) => r.location("https://google.com?q=\u2603 \u00a710").end()),
    ...["text", ".js", "json", "application/x-own", "rawr"].map((type) =>
      answers(`type ${type}`, (_q, r) => r.type(type).end("x")),
    ),
    answers("vary", (_q, r) =>
      r
        .vary("Accept")
        .vary(["Accept", "Accept-Encoding"] as never)
        .end(),
    ),
    answers("set and get", (_q, r) => r.set({ "X-A": "1", "X-B": ["2", "3"] }).send(String(r.get("X-A")))),
    answers("a charset is added to types of text", (_q, r) => r.set("Content-Type", "text/html").end("x")),
    answers("locals and the app", (request, r) => {
      r.locals["name"] = "x";
      r.json([r.locals["name"], request.app === r.app, r.req === request, request.res === r]);
    }),
    answers("headersSent", (_q, r) => {
      const before = r.headersSent;
      r.write("a");
      r.end(`${before} ${r.headersSent}`);
    }),
    answers("writeHead with fields, and with what was set before", (_q, r) => {
      r.set("X-A", "1").set("X-B", "2");
      r.writeHead(201, "Made", { "X-B": "3", "Content-Type": "text/plain" });
      r.end("made");
    }),
    answers("written in pieces", (_q, r) => {
      r.type("text");
      for (let count = 0; count < 10; count += 1) r.write(`${count}\n`);
      r.end();
    }),
    answers("piped", (_q, r) => createReadStream(`${root}/large.bin`).pipe(r)),
    answers("a pipeline", (_q, r, log) =>
      pipeline(createReadStream(file), r, (error) => log(`over ${error ?? "well"}`)),
    ),
    answers("trailers", (_q, r) => {
      r.set("Trailer", "X-Sum");
      r.write("a");
      r.addTrailers({ "X-Sum": "1" });
      r.end();
    }),
    answers("the callback of end, and finish", (_q, r, log) => {
      r.on("finish", () => log("finish"));
      r.end("x", () => log("ended"));
    }),
    answers("early hints", (_q, r) => {
      r.writeEarlyHints({ link: "</a.css>; rel=preload" });
      setImmediate(() => r.send("x"));
    }),
  ];
}
