/** What Express answers by itself: errors, what is not there, routers, content parsers. */
import express, { type NextFunction, type Request, type Response } from "express";
import { dropIn } from "./drop-in.ts";
import { answers, type ExpressCase } from "./express-case.ts";

export const expressAppCases: readonly ExpressCase[] = [
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
];
