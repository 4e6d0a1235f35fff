/** What Express answers where files are sent: sendFile, download, static. */
import express, { type Express, type Response } from "express";
import { type DropInRequest, dropIn } from "./drop-in.ts";
import { answers, type ExpressCase } from "./express-case.ts";

const fresh = { "If-None-Match": "*" };

/** @param root a folder with hello.txt ("hello, file\n"), .hidden, "a b%.txt", page.html and large.bin (300,000 bytes) */
export function expressFileCases(root: string): readonly ExpressCase[] {
  const file = `${root}/hello.txt`;
  const sent = (
    name: string,
    options: Parameters<Response["sendFile"]>[1],
    request: DropInRequest = {},
    path = "hello.txt",
  ): ExpressCase =>
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
