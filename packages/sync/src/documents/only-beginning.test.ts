import { expect, test } from "vitest";
import { clientOf, scriptedServer } from "../../../client/src/testing/scripted-server.ts";
import { isOnlyBeginning } from "./only-beginning.ts";

test.each<[sent: string, stored: string, isBeginning: boolean]>([
  ["one two three", "one two", true],
  ["one two three", "", true],
  ["one two three", "one 2", false],
  ["one two three", "two three", false],
  // Servers that take off white space change content.
  ["one two\r\n \t", "one two", false],
  ["one\n\ntwo", "one", true],
])("of %j a server has %j: it was cut: %s", async (sent, stored, isBeginning) => {
  const server = scriptedServer(new Response(stored));
  const open = async function* (start: number) {
    yield new TextEncoder().encode(sent.slice(start));
  };
  const client = clientOf(server);
  const url = new URL("a", client.base);
  expect(await isOnlyBeginning(client, url, stored.length, open, {})).toBe(isBeginning);
});

test("what cannot be read is taken for cut", async () => {
  const client = clientOf(scriptedServer(new Response("", { status: 403 })));
  const open = async function* () {
    yield new Uint8Array(3);
  };
  expect(await isOnlyBeginning(client, new URL("a", client.base), 2, open, {})).toBe(true);
});
