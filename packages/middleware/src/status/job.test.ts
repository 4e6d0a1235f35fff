import { describe, expect, test } from "vitest";
import { jsonOf, statusFixture } from "../testing/status-fixture.ts";

const promised = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  Vary: "Accept, Prefer",
};

describe("ownCloud's job status", () => {
  const job = { fileId: "", ETag: "", errorCode: 0, errorMessage: "" };

  test("started, then finished with what is known of the resource", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    const running = await ask(`${operation.id}/job`);
    expect(running).toMatchObject({ status: 200, fields: promised });
    expect(jsonOf(running)).toEqual({ ...job, status: "started" });
    await end({ status: 201, fields: { "OC-FileId": "00000042", etag: '"tag"' } });
    expect(jsonOf(await ask(`${operation.id}/job`))).toEqual({
      ...job,
      status: "finished",
      fileId: "00000042",
      ETag: '"tag"',
    });
  });

  test.each([
    [
      { status: 403, fields: { "Content-Type": "text/plain; charset=utf-8" }, content: "you may not\n" },
      "you may not",
    ],
    [{ status: 423, fields: { "Content-Type": "application/xml" }, content: "<error/>" }, "Locked"],
    [{ status: 207, fields: {}, content: "" }, "Multi-Status"],
    [{ status: 599, fields: {}, content: "" }, "status 599"],
  ])("error %#", async (outcome, errorMessage) => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    await end(outcome);
    expect(jsonOf(await ask(`${operation.id}/job`))).toEqual({
      ...job,
      status: "error",
      errorCode: outcome.status,
      errorMessage,
    });
  });
});
