import { expect, test } from "vitest";
import { serve } from "../testing/own/serve-fixture.ts";

test("credentials that nobody could look at in time get 503 with Retry-After, and OPTIONS what it tells everybody", async () => {
  const server = await serve({ authenticate: () => ({ kind: "overloaded", retryAfterSeconds: 2 }) });
  try {
    const answer = await server.ask("PROPFIND", "/", { Depth: "0" });
    expect([answer.status, answer.field("Retry-After")]).toEqual([503, "2"]);
    expect((await server.ask("OPTIONS", "/")).status).toBe(200);
  } finally {
    await server.close();
  }
});
