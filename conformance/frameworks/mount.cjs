/**
 * `node --require` this in a clone of Express, Koa or Fastify: whatever its tests serve has `processing()` before it,
 * or, with MEANWHILE_MOUNT=empty, a middleware that does nothing.
 */
const { existsSync } = require("node:fs");
const { join, resolve } = require("node:path");
const { optionsFor } = require("./options.mjs");

const mode = process.env["MEANWHILE_MOUNT"];
const isEmpty = mode === "empty";
const options = optionsFor(mode);
/** @param {string} name */
const adapter = (name) => require(resolve(__dirname, `../../packages/middleware/dist/${name}.js`)).processing;

/** @param {string} file @param {(exported: any) => any} change */
function changeExports(file, change) {
  const path = join(process.cwd(), file);
  if (!existsSync(path)) return;
  const exported = require(path);
  const cached = require.cache[path];
  if (cached) cached.exports = change(exported);
}

/** @param {any} made @param {any} original */
function withProperties(made, original) {
  const { length, name, prototype, ...others } = Object.getOwnPropertyDescriptors(original);
  return Object.defineProperties(made, others);
}

// Apps are made before their settings are: it goes before their router.
changeExports("lib/express.js", (createApplication) => {
  const middleware = isEmpty ? (_request, _response, next) => next() : adapter("express")(options);
  return withProperties(() => {
    const app = createApplication();
    const { handle } = app;
    app.handle = (request, response, done) =>
      middleware(request, response, (error) => {
        if (error === undefined) handle.call(app, request, response, done);
        else if (done) done(error);
        else response.destroy(error);
      });
    return app;
  }, createApplication);
});

changeExports("lib/application.js", (Application) => {
  if (typeof Application.prototype?.callback !== "function") return Application;
  const middleware = isEmpty ? (_context, next) => next() : adapter("koa")(options);
  const { callback } = Application.prototype;
  Application.prototype.callback = function (...given) {
    const own = this.middleware;
    this.middleware = [middleware, ...own];
    try {
      return callback.apply(this, given);
    } finally {
      this.middleware = own;
    }
  };
  return Application;
});

changeExports("fastify.js", (fastify) => {
  const empty = (app, _options, done) => {
    app.addHook("onRequest", (_request, _reply, next) => next());
    done();
  };
  empty[Symbol.for("skip-override")] = true;
  const plugin = () => (isEmpty ? empty : adapter("fastify")(options));
  const made = withProperties((given) => {
    const app = fastify(given);
    app.register(plugin());
    return app;
  }, fastify);
  made.default = made.fastify = made;
  return made;
});
