import { expect, test } from "vitest";
import type { Send } from "../send/send.ts";
import { fewEventStreams, mostEventStreams } from "./few-event-streams.ts";

const url = new URL("https://files.example/ops/1");
const events = { headers: { Accept: "text/event-stream, application/json;q=0.5" } };
const stream = "text/event-stream, application/json;q=0.5";
const document = "application/json, */*;q=0.1";

function watching(answer: () => Response) {
  const accepted: (string | null)[] = [];
  const network: Send = async (_, options = {}) => {
    accepted.push(new Headers(options.headers).get("accept"));
    return answer();
  };
  return { accepted, send: fewEventStreams(network) };
}

const endless = (): Response => new Response(new ReadableStream());

test("beyond so many event streams at a time, documents are asked for", async () => {
  const { accepted, send } = watching(endless);
  for (let number = 0; number <= mostEventStreams; number += 1) await send(url, events);
  expect(accepted).toEqual([...Array.from({ length: mostEventStreams }, () => stream), document]);
});

test.each<[string, () => Response, (response: Response) => Promise<unknown>]>([
  ["was left", endless, async (response) => response.body?.cancel()],
  ["ended", () => new Response("data: x\n\n"), (response) => response.text()],
  ["has no content", () => new Response(null, { status: 204 }), async () => undefined],
  [
    "broke off",
    () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error("lost")) })),
    (response) => response.text().catch(() => undefined),
  ],
])("one that %s is none any more", async (_, answer, leave) => {
  const { accepted, send } = watching(answer);
  for (let number = 0; number < 2 * mostEventStreams; number += 1) await leave(await send(url, events));
  expect(new Set(accepted)).toEqual(new Set([stream]));
});

test("nor is one that could not be asked for", async () => {
  const asked: (string | null)[] = [];
  const send = fewEventStreams(async (_, options = {}) => {
    asked.push(new Headers(options.headers).get("accept"));
    throw new Error("lost");
  });
  for (let number = 0; number < 2 * mostEventStreams; number += 1) {
    await expect(send(url, events)).rejects.toThrow("lost");
  }
  expect(new Set(asked)).toEqual(new Set([stream]));
});

test("other requests are sent as they are", async () => {
  const { accepted, send } = watching(endless);
  for (let number = 0; number <= mostEventStreams; number += 1) {
    await send(url, { headers: { Accept: "application/json" } });
    await send(url);
  }
  expect(new Set(accepted)).toEqual(new Set(["application/json", null]));
});
