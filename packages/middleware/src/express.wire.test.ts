import compression from "compression";
import express, { type Express } from "express";
// @ts-expect-error: an alias has no types of its own; it is used as Express 5 is.
import untyped from "express4";
import { processing } from "./express.ts";
import type { AdapterSubject } from "./testing/adapter/adapter-subject.ts";
import { addRoutes } from "./testing/adapter/express-app.ts";
import { listen } from "./testing/adapter/node-app.ts";
import { testContract } from "./testing/adapter/run-contract.ts";

const express4 = untyped as typeof express;

function subject(
  name: string,
  make: () => Express,
  prepare: "nothing" | "compression before" | "compression after",
): AdapterSubject {
  return {
    name,
    protocols: ["HTTP/1.1"],
    serve(protocol, story, given) {
      const app = make();
      app.disable("x-powered-by");
      if (prepare === "compression before") app.use(compression());
      if (given) app.use(processing({ operations: given.operations, ...given.options }));
      if (prepare === "compression after") app.use(compression());
      addRoutes(app, story);
      return listen(protocol, app);
    },
  };
}

testContract(subject("Express 5", express, "nothing"));
testContract(subject("Express 5, compression before", express, "compression before"));
testContract(subject("Express 5, compression after", express, "compression after"));
testContract(subject("Express 4", express4, "nothing"));
testContract(subject("Express 4, compression after", express4, "compression after"));
