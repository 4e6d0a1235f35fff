/** What Express answers, in the ways that its documentation tells of. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { type DropInCase, type DropInRequest, dropIn, type Log } from "./drop-in.ts";

type Case = DropInCase<Express>;

function answers(
  name: string,
  handler: (request: Request, response: Response, log: Log) => unknown,
  request: DropInRequest = {},
): Case {
  return dropIn(
    name,
    (app, log) => {
      app.use((request, response, next: NextFunction) => {
        try {
          handler(request, response, log);
        } catch (error) {
          next(error);
        }
      });
    },
    request,
  );
}

function withSettings(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  handler: (request: Request, response: Response) => unknown,
  request: DropInRequest = {},
): Case {
  return dropIn(
    name,
    (app) => {
      for (const [setting, value] of Object.entries(settings)) app.set(setting, value);
      app.use((request, response) => void handler(request, response));
    },
    request,
  );
}

const html = { Accept: "text/html" };
const fresh = { "If-None-Match": "*" };
const long = "a longer text, ".repeat(2000);

/** @param root a folder with hello.txt ("hello, file\n"), .hidden, "a b%.txt", page.html and large.bin (300,000 bytes) */
export function expressCases(root: string): readonly Case[] {
  const file = `${root}/hello.txt`;
  const sent = (
    name: string,
    options: Parameters<Response["sendFile"]>[1],
    request: DropInRequest = {},
    path = "hello.txt",
  ): Case =>
    dropIn(
      `sendFile: ${name}`,
      (app, log) => {
        app.use((_request, response, next) =>
          response.sendFile(path, { root, ...options }, (error) => {
            log(`callback ${error ? (error as { code?: string }).code : "without error"}`);
            if (error && !response.headersSent) next(error);
          }),
        );
      },
      request,
    );
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
    sent("a file", {}),
    sent("to HEAD", {}, { method: "HEAD" }),
    sent("a name with a blank and a percent sign", {}, {}, "a b%.txt"),
    sent("a large file", {}, {}, "large.bin"),
    sent("304 by entity tag", {}, { fields: fresh }),
    sent("304 by date", {}, { fields: { "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT" } }),
    sent("412", {}, { fields: { "If-Match": '"other"' } }),
    sent("no date, no entity tag, no cache", {
      lastModified: false,
      etag: false,
      cacheControl: false,
    } as never),
    sent("for how long", { maxAge: "1d", immutable: true }),
    sent("fields of its own", { headers: { "x-foo": "bar", "content-type": "text/x-foo" } }),
    sent("a range", {}, { fields: { Range: "bytes=1-4" } }),
    sent("a range to its end", {}, { fields: { Range: "bytes=-3" } }),
    sent("two ranges: all of it", {}, { fields: { Range: "bytes=0-1,4-5" } }),
    sent("a range that is not there", {}, { fields: { Range: "bytes=1000-" } }),
    sent("a range where another one is stored", {}, { fields: { Range: "bytes=1-2", "If-Range": '"x"' } }),
    sent("ranges refused", { acceptRanges: false }, { fields: { Range: "bytes=0-2" } }),
    sent("no such file", {}, {}, "nothing.txt"),
    sent("a folder", {}, {}, "."),
    sent("a hidden file, by default", {}, {}, ".hidden"),
    sent("a hidden file, allowed", { dotfiles: "allow" }, {}, ".hidden"),
    sent("a hidden file, denied", { dotfiles: "deny" }, {}, ".hidden"),
    sent("outside of the root", {}, {}, "../x"),
    answers("sendFile without a path", (_q, r) => r.sendFile(undefined as never)),
    answers("sendFile with a path that is not absolute", (_q, r) => r.sendFile("hello.txt")),
    answers("sendFile with a type of one's own", (_q, r) => r.type("text/x-own").sendFile(file)),
    answers("sendFile without a callback, no such file", (_q, r) => r.sendFile(`${root}/nothing`)),
    answers("download", (_q, r) => r.download(file)),
    answers("download by another name", (_q, r) => r.download(file, "r\u00e9sum\u00e9.txt")),
    answers("download with a callback", (_q, r, log) =>
      r.download(file, "x.txt", (error) => log(`done ${error === undefined}`)),
    ),
    answers("download of a range", (_q, r) => r.download(file), { fields: { Range: "bytes=0-2" } }),
    answers("download with fields", (_q, r) =>
      r.download(file, "y", { headers: { "x-foo": "bar", "Content-Disposition": "inline" } }),
    ),
    answers("download that fails keeps no disposition", (_q, r) =>
      r.download(`${root}/nothing`, (error) =>
        r.send(`${(error as { code?: string }).code} ${r.get("Content-Disposition")}`),
      ),
    ),
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
    answers("an error that is thrown", () => {
      throw new Error("oh");
    }),
    answers("an error with a status and fields", () => {
      throw Object.assign(new Error("slow down"), { status: 429, headers: { "Retry-After": "9" } });
    }),
    answers("an error after the head", (_q, r) => {
      r.write("half");
      throw new Error("too late");
    }),
    dropIn("an error handler of one's own", (app, log) => {
      app.get("/", (_request, _response, next) => next(Object.assign(new Error("e"), { status: 418 })));
      app.use((error: Error & { status: number }, _q: Request, response: Response, _n: NextFunction) => {
        log(error.message);
        response.status(error.status).json({ failed: error.message });
      });
    }),
    dropIn("nothing there: 404", () => undefined, { path: "/nothing/there?x=%20" }),
    dropIn("a path that cannot be decoded", (app) => app.get("/:x", (_q, r) => void r.end()), {
      path: "/%zz",
    }),
    dropIn(
      "OPTIONS by Express itself",
      (app) => {
        app.get("/o", (_q, r) => void r.end());
        app.post("/o", (_q, r) => void r.end());
      },
      { method: "OPTIONS", path: "/o" },
    ),
    dropIn("HEAD by the route of GET", (app) => app.get("/h", (_q, r) => void r.send("hello")), {
      method: "HEAD",
      path: "/h",
    }),
    dropIn(
      "next('route'), parameters and what is mounted",
      (app) => {
        const router = express.Router({ mergeParams: true });
        router.get("/:b", (_q, _r, next) => next("route"));
        router.get(
          "/:b",
          (q, r) => void r.json([q.params, q.baseUrl.length, q.originalUrl.length, q.url, q.path]),
        );
        app.use("/:a", router);
      },
      { path: "/1/2?x=1" },
    ),
    dropIn(
      "json content",
      (app) => {
        app.use(express.json());
        app.post("/", (q, r) => void r.json({ got: q.body }));
      },
      { method: "POST", fields: { "Content-Type": "application/json" }, content: '{"a":[1,2]}' },
    ),
    dropIn(
      "json content that is none",
      (app) => {
        app.use(express.json());
        app.post("/", (q, r) => void r.json({ got: q.body }));
      },
      { method: "POST", fields: { "Content-Type": "application/json" }, content: '{"a":' },
    ),
    dropIn(
      "content that is too long",
      (app) => {
        app.use(express.text({ limit: 10 }));
        app.post("/", (q, r) => void r.json({ got: q.body }));
      },
      { method: "POST", fields: { "Content-Type": "text/plain" }, content: "x".repeat(11) },
    ),
    dropIn(
      "a form",
      (app) => {
        app.use(express.urlencoded({ extended: true }));
        app.post("/", (q, r) => void r.json(q.body));
      },
      {
        method: "POST",
        fields: { "Content-Type": "application/x-www-form-urlencoded" },
        content: "a[b]=1&c=d%20e",
      },
    ),
    dropIn(
      "raw content",
      (app) => {
        app.use(express.raw({ type: "*/*" }));
        app.post("/", (q, r) => void r.send(q.body));
      },
      { method: "POST", fields: { "Content-Type": "image/png" }, content: "bytes" },
    ),
    dropIn("content that nobody reads", (app) => app.post("/", (_q, r) => void r.send("ok")), {
      method: "POST",
      content: "y".repeat(70_000),
    }),
    ...(["/hello.txt", "/", "/folder", "/nothing.txt", "/.hidden", "/..%2fx", "/page"] as const).map((path) =>
      dropIn<Express>(`static ${path}`, (app) => app.use(express.static(root, { extensions: ["html"] })), {
        path,
      }),
    ),
    dropIn("static to HEAD", (app) => app.use(express.static(root)), { method: "HEAD", path: "/hello.txt" }),
    dropIn("static to POST", (app) => app.use(express.static(root)), {
      method: "POST",
      path: "/hello.txt",
      content: "",
    }),
    dropIn(
      "static to POST, falling through to nothing",
      (app) => app.use(express.static(root, { fallthrough: false })),
      { method: "POST", path: "/hello.txt", content: "" },
    ),
    dropIn(
      "static with fields",
      (app) =>
        app.use(
          express.static(root, {
            setHeaders: (r) => void r.setHeader("X-Static", "1"),
            maxAge: 1000,
            index: false,
          }),
        ),
      { path: "/hello.txt" },
    ),
    dropIn("static, a range", (app) => app.use(express.static(root)), {
      path: "/large.bin",
      fields: { Range: "bytes=299990-" },
    }),
  ];
}
