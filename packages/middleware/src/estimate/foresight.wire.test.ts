import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createOperations } from "@meanwhile/operations";
import { expect, onTestFinished, test } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import type { ProcessingOptions } from "../request/options.ts";
import { createProcessor } from "../request/processor.ts";
import { http1Client } from "../testing/raw-client.ts";

/** A service whose handlers wait until they are let go, on a clock that the test moves on. */
async function service(options: ProcessingOptions = {}) {
  let nowMs = 0;
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after });
  const processor = createProcessor(
    { operations, interim: "standard", front: "none", after: "10m", ...options },
    () => nowMs,
  );
  const running: { readonly request: IncomingMessage; readonly response: ServerResponse }[] = [];
  const arrivals: (() => void)[] = [];
  const server = createServer((request, response) => {
    processor.enter(
      request,
      response,
      (given) => {
        running.push({ request, response: given as ServerResponse });
        for (const tell of arrivals.splice(0)) tell();
      },
      () => response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = http1Client((server.address() as AddressInfo).port);
  onTestFinished(() => void server.close());
  onTestFinished(() => client.close());
  onTestFinished(() => processor.close());
  const advance = (ms: number): void => {
    nowMs += ms;
    timers.advance(ms);
  };
  /** Sends a request that has become an operation when it resolves, and has been looked at. */
  async function begin(path: string, content = "") {
    const arrived = new Promise<void>((resolve) => arrivals.push(resolve));
    const sent = client.send("POST", path, {}, content);
    await arrived;
    const handled = running.pop();
    if (handled === undefined) throw new Error("nothing arrived");
    for (const _ of [1, 2, 3]) advance(50);
    advance(50);
    return { sent, response: handled.response };
  }
  async function run(path: string, ms: number, status = 200) {
    const { sent, response } = await begin(path);
    advance(ms);
    response.statusCode = status;
    response.end();
    return (await sent.response()).interims.length;
  }
  return { begin, run };
}

const long = 20 * 60_000;

test("where a route took longer than `after` thrice, the first 102 comes soon after the request", async () => {
  const { begin, run } = await service();
  for (const _ of [1, 2, 3]) expect(await run("/slow?a", long), "nothing is known yet").toBe(0);
  const { sent, response } = await begin("/slow?b");
  expect((await sent.head()).status).toBe(102);
  response.end();
  await sent.response();
  expect(await run("/other", long), "another route").toBe(0);
});

test.each<[string, number, number, ProcessingOptions]>([
  ["took less than `after`", long / 4, 200, {}],
  ["failed when it took longer", long, 500, {}],
  ["takes less, as `expects` says", long, 200, { expects: "1m" }],
  ["took longer, and `estimate` is off", long, 200, { estimate: false }],
  ["took longer, but `after` is longer still", long, 200, { after: "1h" }],
  ["took longer, but nobody asked for 102s", long, 200, { interim: "asked" }],
])("no 102 comes early where the route %s", async (_name, ms, status, options) => {
  const { run } = await service(options);
  for (const _ of [1, 2, 3, 4, 5]) expect(await run("/", ms, status)).toBe(0);
});
