/** The shipped command, killed in the moment in which an interim response tells where to ask later. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startKillable } from "./killable-server.ts";
import { makeTree } from "./tree.ts";

test("the location that a 102 told is found after kill -9 in that moment", async () => {
  const place = await mkdtemp(join(tmpdir(), "meanwhile-told-"));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const [folder, state] = [join(place, "folder"), join(place, "state")];
  makeTree(join(folder, "tree"), 2_000);
  const first = await startKillable({ folder, state });
  const headers = {
    Destination: `${first.url}copy`,
    "Idempotency-Key": `"${randomUUID()}"`,
    Prefer: "processing",
  };
  const location = await new Promise<string>((resolve, reject) => {
    const sent = request(`${first.url}tree`, { method: "COPY", headers });
    sent.on("information", ({ headers: told }: IncomingMessage) => {
      if (told.location === undefined) return;
      const { pathname } = new URL(told.location);
      first.kill().then(() => resolve(pathname), reject);
    });
    sent.on("response", () => reject(new Error("it was over before it told a location")));
    // The kill ends the connection.
    sent.on("error", () => undefined);
    sent.end();
  });
  const next = await startKillable({ folder, state }, { port: first.port });
  onTestFinished(() => next.kill());
  const url = new URL(location, next.url);
  expect((await fetch(url, { headers: { Accept: "application/json" } })).status).toBe(200);
  expect((await fetch(`${next.url}tree`, { method: "COPY", headers })).status).toBe(201);
}, 60_000);
