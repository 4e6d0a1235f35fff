import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { closeLingering } from "@meanwhile/interim/internal";
import { beforeEach, expect, test } from "vitest";
import { type ManualTimers, manualTimers } from "../../../interim/src/testing/manual-timers.ts";

let timers: ManualTimers;
let socket: Socket;
let bytesRead: number;
beforeEach(() => {
  timers = manualTimers(1_000_000);
  bytesRead = 1_000;
  const duplex = new Duplex({ read: () => undefined, write: (_, __, done) => done() });
  socket = Object.defineProperty(duplex, "bytesRead", { get: () => bytesRead }) as Socket;
  socket.resume();
  closeLingering(socket, timers.after);
});

test("nothing is done before the last response is sent", () => {
  timers.advance(60_000);
  expect(socket.destroyed).toBe(false);
  expect(socket.writableEnded).toBe(false);
});

test("then the server's side ends at once", () => {
  socket.destroySoon();
  expect(socket.writableEnded).toBe(true);
  expect(socket.destroyed).toBe(false);
});

test("a client that closes its side has it closed at once, and no timer is left", async () => {
  socket.destroySoon();
  bytesRead += 10;
  socket.push(null);
  await turn();
  expect(socket.destroyed).toBe(true);
  expect(timers.pending).toBe(0);
});

test("a client that sends nothing for five seconds is not waited for", () => {
  socket.destroySoon();
  bytesRead += 10;
  timers.advance(5_000);
  expect(socket.destroyed).toBe(false);
  timers.advance(4_999);
  expect(socket.destroyed).toBe(false);
  timers.advance(1);
  expect(socket.destroyed).toBe(true);
});

test("a client that sends on for ever is waited for thirty seconds", async () => {
  socket.destroySoon();
  for (let second = 0; second < 29; second += 1) {
    bytesRead += 65_536;
    timers.advance(1_000);
  }
  bytesRead += 65_536;
  expect(socket.destroyed).toBe(false);
  timers.advance(1_000);
  await turn();
  expect(socket.destroyed).toBe(true);
  expect(timers.pending).toBe(0);
});
