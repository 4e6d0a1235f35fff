/** Long requests of the client in a real browser: progress, lost connections, and coming back. */
import { parsePath } from "@meanwhile/dav";
import { expect, test } from "vitest";
import { loadScripts, type PageGlobals } from "./chromium.ts";
import { describeInChromium, members } from "./describe-in-chromium.ts";

describeInChromium("long requests in Chromium", ({ site, pageOf }) => {
  test("a COPY starts at once, its progress moves and never falls, and its outcome comes (RFC 7240 §4.1)", async () => {
    const { origin, gate, tree, take } = await site();
    gate.allow(1);
    const page = await pageOf(origin, { tell: (done) => gate.allowUpTo(Number(done) + 1) });
    const told = await page.evaluate(async () => {
      const { dav, tell } = globalThis as unknown as PageGlobals;
      const copy = dav.copy("photos/", "archive/");
      const seen: number[] = [];
      let total: number | undefined;
      for await (const news of copy.progress) {
        seen.push(news.done);
        total = news.total ?? total;
        await tell(news.done);
      }
      return { seen, total, outcome: await copy.outcome, url: copy.url?.pathname };
    });
    expect(told.outcome).toEqual({ status: 201, created: true });
    expect(told.total).toBe(members);
    expect(told.seen).toEqual(told.seen.toSorted((a, b) => a - b));
    // A member goes on only when the page has seen the one before.
    expect(new Set(told.seen).size).toBeGreaterThanOrEqual(members - 1);
    expect(told.url).toMatch(/^\/\.meanwhile\/operations\/./);
    expect(await tree.lookup(parsePath("/archive/5"))).toBeDefined();
    const copies = take().filter(({ method }) => method === "COPY");
    expect(copies).toHaveLength(1);
    expect(copies[0]?.headers["prefer"]).toBe("respond-async, wait=1");
  });

  test("what is cut off before the 202 is done once, and its outcome comes", async () => {
    const { origin, gate, cut, take } = await site();
    gate.allow(1);
    let cuts = 0;
    gate.onArrival = () => {
      if (cuts > 0) return;
      cuts += 1;
      cut();
    };
    const page = await pageOf(origin, { tell: () => gate.allowUpTo(members) });
    const outcome = await page.evaluate(async () => {
      const { dav, tell } = globalThis as unknown as PageGlobals;
      const copy = dav.copy("photos/", "archive/");
      const ended = copy.outcome;
      // Now it is followed by its status document.
      for await (const news of copy.progress) if (news.total !== undefined) await tell(news.done);
      return ended;
    });
    expect(outcome.status).toBe(201);
    expect(cuts).toBe(1);
    expect(gate.passed).toBe(members);
    const keys = take()
      .filter(({ method }) => method === "COPY")
      .map(({ headers }) => headers["idempotency-key"]);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
  });

  test("what is cut off in the middle comes back, goes on, and is done once", async () => {
    const { origin, gate, cut, take } = await site();
    gate.allow(1);
    const page = await pageOf(origin, {
      tell(done) {
        if (done === 3) cut();
        gate.allowUpTo(Number(done) + 1);
      },
    });
    const told = await page.evaluate(async () => {
      const { dav, tell } = globalThis as unknown as PageGlobals;
      const copy = dav.copy("photos/", "archive/");
      const seen: number[] = [];
      let wasAway = false;
      for await (const { done, comingBack = false } of copy.progress) {
        if (comingBack) wasAway = true;
        if (seen.at(-1) === done) continue;
        seen.push(done);
        await tell(done);
      }
      return { wasAway, seen, outcome: await copy.outcome };
    });
    expect(told.outcome.status).toBe(201);
    expect(told.wasAway).toBe(true);
    expect(told.seen).toEqual(told.seen.toSorted((a, b) => a - b));
    expect(told.seen.length).toBeGreaterThanOrEqual(members - 1);
    expect(gate.passed).toBe(members);
    expect(take().filter(({ method }) => method === "COPY")).toHaveLength(1);
  });

  test("cancel() stops it on the server", async () => {
    const { origin, gate, tree } = await site();
    gate.allow(2);
    const page = await pageOf(origin, { tell: () => gate.allowUpTo(members) });
    const told = await page.evaluate(async () => {
      const { dav, tell } = globalThis as unknown as PageGlobals;
      const copy = dav.copy("photos/", "archive/");
      for await (const { done } of copy.progress) if (done === 2) break;
      await copy.cancel();
      await tell("asked");
      return copy.outcome.then(
        () => "done",
        (error: Error) => error.name,
      );
    });
    expect(told).toBe("CancelledError");
    expect(gate.passed).toBeLessThan(members);
    expect(await tree.lookup(parsePath("/archive"))).toBeUndefined();
  });

  test("detach() leaves it to the server, and watch() comes back to it, from another page too", async () => {
    const { origin, gate } = await site();
    gate.allow(2);
    const page = await pageOf(origin);
    const left = await page.evaluate(async () => {
      const { dav } = globalThis as unknown as PageGlobals;
      const copy = dav.copy("photos/", "archive/");
      for await (const { done } of copy.progress) if (done === 2) break;
      const url = copy.detach();
      const error = await copy.outcome.catch((reason: Error) => reason.name);
      return { url: url?.href ?? "", error };
    });
    expect(left.error).toBe("DetachedError");
    await page.close();
    const other = await pageOf(origin, { tell: () => gate.allowUpTo(members) });
    const status = await other.evaluate(async (url) => {
      const { dav, tell } = globalThis as unknown as PageGlobals;
      const watched = dav.watch(new URL(url));
      for await (const { done } of watched.progress) if (done === 2) await tell("go on");
      return (await watched.outcome).status;
    }, left.url);
    expect(status).toBe(201);
  });

  test("the program of docs/reference/client.md shows how far it is, and comes back when the page is loaded again", async () => {
    const { origin, gate, tree } = await site();
    for (const path of ["/files", "/files/2025", "/files/2025/a", "/files/2025/b", "/files/archive"]) {
      await tree.createCollection(parsePath(path), []);
    }
    gate.allow(2);
    const page = await pageOf(origin);
    const half = await page.evaluate(async () => {
      const { example, sessionStorage } = globalThis as unknown as PageGlobals;
      return new Promise<unknown>((resolve) => {
        const bar = {
          max: 1,
          set value(done: number) {
            if (done === 2) resolve({ done, max: this.max });
          },
        };
        example.archive(bar, sessionStorage).then(resolve, resolve);
      });
    });
    expect(half).toEqual({ done: 2, max: 3 });
    await page.reload();
    await loadScripts(page);
    const status = page.evaluate(async () => {
      const { example, sessionStorage } = globalThis as unknown as PageGlobals;
      const bar = { max: 1, value: 0 };
      const ended = await example.comeBack(bar, sessionStorage);
      return { ended, bar };
    });
    gate.allowUpTo(3);
    expect(await status).toEqual({ ended: 201, bar: { max: 3, value: 3 } });
  });

  test("more long requests wait than browsers open connections, and others get through", async () => {
    const { origin, gate } = await site();
    gate.allow(0);
    const page = await pageOf(origin, { tell: () => gate.allowUpTo(Number.POSITIVE_INFINITY) });
    const told = await page.evaluate(async () => {
      const { dav, tell } = globalThis as unknown as PageGlobals;
      const copies = [1, 2, 3, 4, 5, 6, 7].map((number) => dav.copy("photos/", `archive ${number}/`));
      const told = copies.map(async ({ progress }) => {
        for await (const { total } of progress) if (total !== undefined) break;
      });
      await Promise.all(told);
      const { collection } = await dav.stat("photos/");
      await copies[6]?.cancel();
      await tell("go on");
      const [last, ...others] = copies.toReversed();
      const outcomes = await Promise.all(others.map(({ outcome }) => outcome));
      return {
        collection,
        statuses: outcomes.map(({ status }) => status),
        last: await last?.outcome.catch((error: Error) => error.name),
      };
    });
    const statuses = [201, 201, 201, 201, 201, 201];
    expect(told).toEqual({ collection: true, statuses, last: "CancelledError" });
  });
});
