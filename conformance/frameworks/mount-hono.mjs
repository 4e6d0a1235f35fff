/** Imported in a clone of `@hono/node-server`: what its listener serves is an app that has `processing()` before it. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { processing } from "../../packages/middleware/dist/hono.js";
import { optionsFor } from "./options.mjs";

const mode = process.env["MEANWHILE_MOUNT"];
const { Hono } = createRequire(pathToFileURL(join(process.cwd(), "package.json")))("hono");

Object.assign(globalThis, {
  meanwhileMount: (/** @type {(request: Request, environment: object) => unknown} */ serve) => {
    const app = new Hono();
    app.use(
      mode === "empty"
        ? (/** @type {unknown} */ _, /** @type {() => unknown} */ next) => next()
        : processing(optionsFor(mode)),
    );
    app.all("*", (/** @type {any} */ context) => serve(context.req.raw, context.env));
    app.onError((/** @type {unknown} */ error) => {
      throw error;
    });
    return (/** @type {Request} */ request, /** @type {object} */ environment) =>
      app.fetch(request, environment);
  },
});
