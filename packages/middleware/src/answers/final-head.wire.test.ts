import { once } from "node:events";
import { createServer, type OutgoingHttpHeader, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { http1Client } from "../testing/raw-client.ts";
import { watchFinalHead } from "./final-head.ts";

type Lines = readonly (readonly [name: string, value: string])[];

/** What a client gets of a response that `write` begins, but for what Node adds by itself. */
async function seen(write: (response: ServerResponse) => void, watched: boolean): Promise<Lines | string> {
  let thrown: string | undefined;
  const server = createServer((_, response) => {
    response.sendDate = false;
    if (watched)
      watchFinalHead(
        response,
        () => undefined,
        () => undefined,
      );
    try {
      write(response);
    } catch (error) {
      thrown = String((error as { readonly code?: unknown }).code);
    }
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = http1Client((server.address() as AddressInfo).port);
  const { fields } = await client.send("GET", "/").response();
  client.close();
  await new Promise((resolve) => server.close(resolve));
  return (
    thrown ?? fields.filter(([name]) => !["connection", "keep-alive", "transfer-encoding"].includes(name))
  );
}

const heads: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ["fields", (response) => response.writeHead(200, { A: "1", "Set-Cookie": ["x", "y"] })],
  ["a reason and fields", (response) => response.writeHead(200, "Fine", { A: "1" })],
  ["fields after no reason", (response) => response.writeHead(200, undefined, { A: "1" })],
  [
    "lines in turn",
    (response) => response.writeHead(200, ["A", "1", "A", "2", "Set-Cookie", "x", "Set-Cookie", "y"]),
  ],
  [
    "lines as pairs",
    (response) =>
      response.writeHead(200, [
        ["A", "1"],
        ["B", "2"],
      ] as unknown as OutgoingHttpHeader[]),
  ],
  ["no fields", (response) => response.writeHead(200)],
  ["an empty list", (response) => response.writeHead(200, [])],
  ["half a line", (response) => response.writeHead(200, ["A"])],
  ["fields beside some that were set", (response) => response.setHeader("A", "1").writeHead(200, { B: "2" })],
];

test.each(heads)("a head with %s is what Node makes of it, and one line more", async (_, write) => {
  const alone = await seen(write, false);
  const expected = typeof alone === "string" ? alone : [...alone, ["operations", "1"]];
  const found = await seen(write, true);
  expect(typeof found === "string" ? found : [...found].sort()).toEqual(
    typeof expected === "string" ? expected : [...expected].sort(),
  );
});

test.each<[string, (response: ServerResponse) => void]>([
  ["a field", (response) => response.writeHead(200, { operations: "1" })],
  ["a line", (response) => response.writeHead(200, ["OPERATIONS", "1"])],
  ["a pair", (response) => response.writeHead(200, [["Operations", "1"]] as unknown as OutgoingHttpHeader[])],
  ["one that was set", (response) => response.setHeader("operations", "1").writeHead(200)],
])("what another service said of itself, as %s, is not said twice", async (_, write) => {
  expect(await seen(write, true)).toEqual([["operations", "1"]]);
});
