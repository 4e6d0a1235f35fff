import { processing } from "./node.ts";
import type { AdapterSubject } from "./testing/adapter/adapter-subject.ts";
import { listen, nodeApp } from "./testing/adapter/node-app.ts";
import { testContract } from "./testing/adapter/run-contract.ts";

const wrapped: AdapterSubject = {
  name: "a wrapped handler",
  protocols: ["HTTP/1.1", "HTTP/2"],
  serve(protocol, story, given) {
    const app = nodeApp(story);
    const listener = given
      ? processing({ operations: given.operations, ...given.options })(app)
      : withoutCrash(app);
    return listen(protocol, listener);
  },
};

const mounted: AdapterSubject = {
  name: "connect-style middleware",
  protocols: ["HTTP/1.1"],
  serve(protocol, story, given) {
    const app = withoutCrash(nodeApp(story));
    const middleware = given ? processing({ operations: given.operations, ...given.options }) : undefined;
    return listen(protocol, (request: never, response: never) => {
      if (middleware) middleware(request, response, () => app(request, response));
      else app(request, response);
    });
  },
};

/** As frameworks do it: a handler that throws has its answer, too. */
function withoutCrash(app: ReturnType<typeof nodeApp>): ReturnType<typeof nodeApp> {
  return async (request, response) => {
    try {
      await app(request, response);
    } catch {
      response.writeHead(500, { "Content-Type": "application/problem+json" });
      response.end('{"status":500,"title":"The service failed to answer."}\n');
    }
  };
}

for (const subject of [wrapped, mounted]) testContract(subject, subject.protocols);
