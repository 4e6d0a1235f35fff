import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { RequestHandler } from "express";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { productionService } from "./production.ts";

async function start(state: string, report: RequestHandler) {
  const messages: string[] = [];
  const sink = new Writable({
    write(line, _coding, done) {
      messages.push(JSON.parse(String(line)).msg);
      done();
    },
  });
  const { server, stop } = productionService(
    state,
    "https://api.example.com",
    pino(sink),
    new Registry(),
    report,
  );
  onTestFinished(() => void process.removeListener("SIGTERM", stop));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, stop, messages };
}

test("an answer outlives its service, which counts and logs its operations, and stops", async () => {
  const state = await mkdtemp(join(tmpdir(), "meanwhile-production-"));
  onTestFinished(() => rm(state, { recursive: true, force: true }));
  const request = {
    method: "POST",
    headers: { Authorization: "Bearer alice", "Idempotency-Key": `"${randomUUID()}"` },
  };
  const first = await start(state, (_request, response) => void response.json({ made: "once" }));
  expect(await (await fetch(`${first.origin}/reports/7`, request)).json()).toEqual({ made: "once" });
  const metrics = await (await fetch(`${first.origin}/metrics`)).text();
  expect(metrics).toContain('_count{method="POST",route="/reports/:id",state="finished",status="2xx"} 1');
  expect(first.messages).toEqual(["an operation ended"]);
  await first.stop();
  const second = await start(state, () => expect.unreachable());
  expect(await (await fetch(`${second.origin}/reports/7`, request)).json()).toEqual({ made: "once" });
  await second.stop();
});
