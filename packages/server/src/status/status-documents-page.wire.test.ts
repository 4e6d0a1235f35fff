/** Keeps the examples of docs/reference/status-documents.md true: each is what a server answers. */
import { readFileSync } from "node:fs";
import { parsePath } from "@meanwhile/dav";
import { createOperations } from "@meanwhile/operations";
import { afterEach, expect, test } from "vitest";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { type Served, serve, testGate } from "../testing/own/serve-fixture.ts";
import { requestBytes, type WireHead, type WireResponse } from "../testing/own/wire-client.ts";
import { slowTree } from "../testing/slow-tree.ts";
import { plant } from "../testing/tree/tree-fixture.ts";

const page = readFileSync(new URL("../../../../docs/reference/status-documents.md", import.meta.url), "utf8");
const id = "nV4rRz0uS8mXq3b1cKJdTw";
const gate = testGate();
let served: Served;

afterEach(async () => {
  gate.open();
  await served.close();
});

/** Fields that differ from run to run are left out. */
const shown = ["location", "progress", "retry-after", "preference-applied", "link", "oc-jobstatus-location"];

function headOf({ status, fields }: WireHead): string {
  const told = fields.filter(([name]) => shown.includes(name) || name === "content-type");
  return [`HTTP/1.1 ${status}`, ...told.map(([name, value]) => `${name}: ${value}`)].join("\n");
}

function expectShown(...blocks: readonly string[]): void {
  // Names of fields have no case.
  for (const block of blocks)
    expect(page.toLowerCase()).toContain(`\`\`\`\n${block}\n\`\`\`\n`.toLowerCase());
}

const jsonOf = ({ body }: WireResponse): string => JSON.stringify(JSON.parse(body), undefined, 2);

test("the examples of docs/reference/status-documents.md are what the server answers", async () => {
  const started = Date.UTC(2026, 0, 15, 12, 0, 0);
  let nowMs = started;
  const now = (): number => nowMs;
  const tree = createMemoryTree();
  await tree.createCollection(parsePath("/photos"), []);
  for (const name of ["1.jpg", "2.jpg", "3.jpg"]) await plant(tree, `/photos/${name}`);
  served = await serve({
    tree: slowTree(tree, (step) => (step === "member" ? gate.pass() : Promise.resolve())),
    operations: createOperations({ now, newId: () => id }),
    interim: { mode: "measured", front: "none", afterMs: 0 },
    now,
  });
  const ann = { "X-Test-Principal": "ann" };
  const accepted = await served.ask("COPY", "/photos", {
    ...ann,
    Destination: "/copy",
    Prefer: "respond-async, wait=0",
  });
  expectShown(headOf(accepted));
  const path = new URL(accepted.field("location") ?? "").pathname;
  await gate.reached(1);
  gate.open(2);
  await gate.reached(3);
  expectShown(jsonOf(await served.ask("GET", path, ann)));
  expectShown(jsonOf(await served.ask("GET", `${path}/job`, ann)));
  expect((await served.ask("GET", `${path}/outcome`, ann)).status).toBe(404);
  const client = served.dial();
  client.send(requestBytes("GET", path, { ...ann, Prefer: "processing" }));
  expectShown(headOf(await client.head()));
  const following = served.dial();
  following.send(requestBytes("GET", path, { ...ann, Accept: "text/event-stream" }));
  const streamed = following.response();
  await served.ask("HEAD", path, ann);
  nowMs += 95_000;
  gate.open();
  const finished = await client.response();
  expect(finished.status).toBe(200);
  for (const event of (await streamed).body.split("\n\n").filter((text) => text.includes("outcome"))) {
    expectShown(event);
    expect(JSON.parse(event.split("data: ")[1] ?? "")).toEqual(JSON.parse(finished.body));
  }
  const list = await served.ask("GET", "/.meanwhile/operations/", ann);
  expect(JSON.parse(list.body)).toMatchObject({ version: 1, operations: [{ id }] });
  expectShown(headOf(await served.ask("GET", `${path}/outcome`, ann)));
  expect(JSON.parse((await served.ask("GET", `${path}/job`, ann)).body)).toMatchObject({
    status: "finished",
  });
});
