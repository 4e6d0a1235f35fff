import { CancelledError, DetachedError, HttpError } from "@meanwhile/client";
import { describe, expect, test } from "vitest";
import { createReport } from "../../display/report.ts";
import { testRequest } from "../../testing/test-request.ts";
import { testTerminal } from "../../testing/test-terminal.ts";
import type { Session } from "../session.ts";
import { follow } from "./follow.ts";
import { hearStops, StoppedError } from "./stops.ts";

const status = new URL("https://files.example/.meanwhile/operations/1");
const processing = { stage: "processing", done: 1, total: 3, failures: 0 } as const;

/** Follows a request. */
async function following(options: { readonly url?: URL; readonly transfer?: boolean } = {}) {
  const terminal = testTerminal();
  const stops = hearStops(terminal);
  const session: Session = {
    terminal,
    // Nothing is asked of it.
    client: {} as Session["client"],
    report: createReport(terminal, { json: false, quiet: false }),
    stops,
    signal: stops.signal,
    tell: async () => 1,
    leftBy: undefined,
  };
  const request = testRequest<string>(options.url);
  const followed = follow(session, request, "copying a", { transfer: options.transfer ?? false });
  const settled = followed.then(
    ({ outcome, progress }) => ({ outcome, progress }),
    (error: unknown) => ({ error }),
  );
  // The display is there, and signals are heard.
  await new Promise((resolve) => setImmediate(resolve));
  return { terminal, session, request, settled };
}

describe("an operation that is waited for", () => {
  test("ends with its outcome, and the last news", async () => {
    const { request, settled, terminal } = await following();
    await request.tell(processing);
    request.end("done");
    expect(await settled).toEqual({ outcome: "done", progress: processing });
    expect(request.calls).toEqual([]);
    expect(terminal.complained).toEqual([]);
  });

  test("fails with what its outcome rejects with", async () => {
    const { request, settled } = await following();
    const error = new HttpError({ method: "COPY", url: status, status: 423, headers: new Headers() });
    request.fail(error);
    expect(await settled).toEqual({ error });
  });
});

describe("Ctrl-C while the server works", () => {
  test("once: says how to come back, and after two seconds leaves", async () => {
    const { request, settled, terminal, session } = await following({ url: status });
    await request.tell(processing);
    terminal.signal("SIGINT");
    expect(terminal.complained).toEqual([
      "meanwhile: leaving; it goes on, and `meanwhile watch https://files.example/.meanwhile/operations/1` comes back. Ctrl-C again cancels it",
    ]);
    terminal.advance(1999);
    expect(request.calls).toEqual([]);
    terminal.advance(1);
    expect(request.calls).toEqual(["detach"]);
    expect(await settled).toEqual({ error: expect.any(DetachedError) });
    expect(session.leftBy).toBe(130);
  });

  test("twice: the server is asked to cancel, and its answer waited for; a third time ends the process", async () => {
    const { request, settled, terminal, session } = await following({ url: status });
    await request.tell(processing);
    terminal.signal("SIGINT");
    terminal.signal("SIGINT");
    expect(request.calls).toEqual(["cancel"]);
    expect(terminal.complained[1]).toBe(
      "meanwhile: asking the server to cancel. Ctrl-C again leaves at once",
    );
    terminal.signal("SIGINT");
    expect(terminal.exits).toEqual([130]);
    terminal.advance(10_000);
    expect(request.calls).toEqual(["cancel"]);
    expect(await settled).toEqual({ error: expect.any(CancelledError) });
    expect(session.leftBy).toBeUndefined();
  });

  test("an operation that ends in these two seconds has ended", async () => {
    const { request, settled, terminal } = await following({ url: status });
    terminal.signal("SIGINT");
    request.end("done");
    expect(await settled).toMatchObject({ outcome: "done" });
    terminal.advance(10_000);
    expect(request.calls).toEqual([]);
  });

  test("says so where nobody can come back", async () => {
    const { terminal, request, settled } = await following();
    terminal.signal("SIGINT");
    expect(terminal.complained[0]).toContain("the server has not told where to ask for it");
    terminal.advance(2000);
    expect(request.calls).toEqual(["detach"]);
    await settled;
  });

  test("SIGTERM leaves at once", async () => {
    const { terminal, request, settled, session } = await following({ url: status });
    terminal.signal("SIGTERM");
    expect(request.calls).toEqual(["detach"]);
    await settled;
    expect(session.leftBy).toBe(143);
  });
});

describe("Ctrl-C while content is on its way", () => {
  test.each(["sending", "receiving"] as const)(
    "(%s) ends it at once: there is nothing to come back to",
    async (stage) => {
      const { terminal, request, settled } = await following({ url: status, transfer: true });
      await request.tell({ stage, done: 10, total: 30, failures: 0 });
      terminal.signal("SIGINT");
      expect(request.calls).toEqual(["detach"]);
      expect(await settled).toEqual({ error: expect.any(StoppedError) });
      expect(terminal.complained).toEqual([]);
    },
  );

  test("also before the first byte; after the last one the server works", async () => {
    const early = await following({ transfer: true });
    early.terminal.signal("SIGINT");
    expect(await early.settled).toEqual({ error: expect.any(StoppedError) });
    const late = await following({ url: status, transfer: true });
    await late.request.tell({ stage: "processing", done: 0, failures: 0 });
    late.terminal.signal("SIGINT");
    expect(late.request.calls).toEqual([]);
    expect(late.terminal.complained[0]).toContain("meanwhile watch");
    late.request.end("done");
    await late.settled;
  });
});

test("once it is over nobody hears signals for it any longer", async () => {
  const { terminal, request, settled, session } = await following();
  request.end("done");
  await settled;
  terminal.signal("SIGINT");
  expect(session.signal.aborted).toBe(true);
  expect(request.calls).toEqual([]);
  terminal.signal("SIGTERM");
  expect(terminal.exits).toEqual([143]);
  session.stops.forget();
  expect(terminal.hearing()).toBe(false);
});
