/** Content that goes up and down in a real browser, over connections that are cut. */
import { expect, test } from "vitest";
import type { PageGlobals } from "./chromium.ts";
import { describeInChromium } from "./describe-in-chromium.ts";

describeInChromium("content in Chromium", ({ site, pageOf }) => {
  test("a file that was cut off on its way up is sent again with its key, and is there once (RFC 9110 §9.3.4)", async () => {
    const { origin, bytes, cut, take } = await site();
    let cuts = 0;
    bytes.onArrival = () => {
      if (cuts > 0) return;
      cuts += 1;
      cut();
    };
    const page = await pageOf(origin);
    const told = await page.evaluate(async () => {
      const { dav } = globalThis as unknown as PageGlobals;
      const file = new File([new Uint8Array(3_000_000).fill(7)], "large");
      const put = dav.put("large", file);
      const sent: { done: number; total: number | undefined }[] = [];
      for await (const { stage, done, total } of put.progress) {
        if (stage === "sending") sent.push({ done, total });
      }
      const { created } = await put.outcome;
      const content = new Uint8Array(await new Response((await dav.get("large")).content).arrayBuffer());
      return { created, sent, length: content.length, whole: content.every((byte) => byte === 7) };
    });
    expect(told).toMatchObject({ created: true, length: 3_000_000, whole: true });
    // Fetch tells nothing in between.
    expect(told.sent).toContainEqual({ done: 0, total: 3_000_000 });
    for (const { done } of told.sent) expect([0, 3_000_000]).toContain(done);
    expect(cuts).toBe(1);
    const keys = take()
      .filter(({ method }) => method === "PUT")
      .map(({ headers }) => headers["idempotency-key"]);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
  });

  test("a file that was cut off on its way down goes on where it was (RFC 9110 §13.1.5)", async () => {
    const { origin, bytes, cut, take } = await site();
    const page = await pageOf(origin, {
      tell(news) {
        if (news === "there") bytes.allow(1);
        else {
          cut();
          bytes.allow(Number.POSITIVE_INFINITY);
        }
      },
    });
    const told = await page.evaluate(async () => {
      const { dav, tell } = globalThis as unknown as PageGlobals;
      const parts = [1, 2, 3, 4].map((number) => new Uint8Array(500_000).fill(number));
      await dav.put("large", new Blob(parts)).outcome;
      await tell("there");
      const { content, length } = await dav.get("large");
      const reader = content.getReader();
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        pieces.push(new Uint8Array(value));
        if (pieces.length === 1) await tell("the first piece");
      }
      const whole = new Uint8Array(await new Blob(pieces).arrayBuffer());
      return {
        length,
        received: whole.length,
        right: whole.every((byte, at) => byte === Math.floor(at / 500_000) + 1),
      };
    });
    expect(told).toEqual({ length: 2_000_000, received: 2_000_000, right: true });
    const [first, second, ...more] = take().filter(({ method }) => method === "GET");
    expect(first?.headers.range).toBeUndefined();
    expect(second?.headers.range).toMatch(/^bytes=[1-9]\d*-1999999$/);
    expect(second?.headers["if-range"]).toMatch(/^"/);
    expect(more).toEqual([]);
  });
});
