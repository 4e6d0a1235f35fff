/** The app of {@link AdapterSubject} for Express. */
import type { Express, NextFunction, Request, Response } from "express";
import { operationOf } from "../../request/handler-operation.ts";
import { type AppStory, chunk } from "./adapter-subject.ts";

/** Adds the routes. Express 4 does not hear of promises that reject: errors go to `next`. */
export function addRoutes(app: Express, story: AppStory): void {
  app.post("/json", async (_request, response) => {
    await story.arrive();
    response.cookie("a", "1").cookie("b", "2").location("/things/1");
    response.status(201).type("json").send('{"made":"it"}');
  });
  app.post("/stream", async (_request, response) => {
    await story.arrive();
    response.setHeader("Trailer", "X-Sum");
    for (let count = 0; count < 4; count += 1) {
      if (!response.write(chunk)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.addTrailers({ "X-Sum": "4" });
    response.end();
  });
  app.post("/file", async (_request, response, next) => {
    await story.arrive();
    response.sendFile(story.file, (error) => error && next(error));
  });
  app.post("/redirect", async (_request, response) => {
    await story.arrive();
    response.redirect(303, "/there");
  });
  app.post("/same", async (_request, response) => {
    await story.arrive();
    response.set("ETag", '"a"').status(304).end();
  });
  app.post("/empty", async (_request, response) => {
    await story.arrive();
    response.sendStatus(204);
  });
  app.post("/throws", async (_request, _response, next) => {
    await story.arrive();
    next(new Error("a handler that fails"));
  });
  app.post("/upload", async (request, response) => {
    await story.arrive();
    let length = 0;
    for await (const piece of request) length += piece.length;
    response.send(String(length));
  });
  app.post("/progress", async (_request, response) => {
    const operation = operationOf(response);
    operation.progress(3, 4, "rows");
    operation.result(423, "/row");
    await story.arrive();
    response.send("done");
  });
  app.post("/interim", async (_request, response) => {
    await story.arrive();
    response.status(102).end("x");
  });
  app.post("/half", async (_request, response) => {
    await story.arrive();
    response.write("half");
  });
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(500).json({ failed: error.message });
  });
}
