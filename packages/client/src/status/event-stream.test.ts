import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventParser, longestEvent, readEvents, type ServerEvent } from "./event-stream.ts";

function parse(...pieces: readonly string[]): readonly ServerEvent[] {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.feed(piece));
}

const message = (data: string, id = ""): ServerEvent => ({ event: "message", id, data });

describe("EventParser", () => {
  test.each<[string, readonly string[], readonly ServerEvent[]]>([
    ["one event", ["data: a\n\n"], [message("a")]],
    ["a name and an id", ["event: outcome\nid: 7\ndata: a\n\n"], [{ event: "outcome", id: "7", data: "a" }]],
    ["an id that stays", ["id: 7\ndata: a\n\ndata: b\n\n"], [message("a", "7"), message("b", "7")]],
    ["an id that is taken back", ["id: 7\ndata: a\n\nid\ndata: b\n\n"], [message("a", "7"), message("b")]],
    ["an id with a NUL, which counts as none", ["id: 7\0\ndata: a\n\n"], [message("a")]],
    ["data in several lines", ["data: a\ndata\ndata:b\n\n"], [message("a\n\nb")]],
    ["one space taken off, not two", ["data:  a\n\n"], [message(" a")]],
    ["comments and unknown fields", [": hello\nfoo: bar\n:\n\ndata: a\n\n"], [message("a")]],
    ["an event without data, which is none", ["event: x\n\ndata: a\n\n"], [message("a")]],
    ["empty data", ["data\n\n"], [message("")]],
    ["CR", ["data: a\r\rdata: b\r\r:"], [message("a"), message("b")]],
    ["no CR at the end of a piece: it may be the half of CR LF", ["data: a\r\r"], []],
    ["CR LF", ["data: a\r\n\r\ndata: b\r\n\r\n"], [message("a"), message("b")]],
    ["CR LF cut between the two", ["data: a\r", "\n\r", "\ndata: b\r\n\r\n"], [message("a"), message("b")]],
    ["a CR, and a piece that begins with text", ["data: a\r", "data: b\r", "\n\n"], [message("a\nb")]],
    ["a mix of line ends", ["data: a\r\ndata: b\n\rdata: c\r\n\n"], [message("a\nb"), message("c")]],
    ["no event that is not complete", ["data: a\n\ndata: b\n"], [message("a")]],
    ["nothing", [""], []],
  ])("reads %s", (_what, pieces, events) => {
    expect(parse(...pieces)).toEqual(events);
  });

  test("notices how long to stay away, and ignores what is no number", () => {
    const parser = new EventParser();
    parser.feed("retry: 2000\n\n");
    expect(parser.retryMs).toBe(2000);
    parser.feed("retry: 1e3\nretry: -1\nretry:\nretry: 9999999999\n\n");
    expect(parser.retryMs).toBe(2000);
  });

  test("finds the same events wherever the text is cut", () => {
    const text = "\r\n: x\r\nevent: a\ndata: 1\r\n\r\nid: 2\rdata: 2\rdata\r\rdata: 3\n\r\n";
    const whole = parse(text);
    expect(whole.map(({ data }) => data)).toEqual(["1", "2\n", "3"]);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const at = [0, ...cuts.sort((one, other) => one - other), text.length];
        expect(parse(...at.slice(1).map((end, index) => text.slice(at[index], end)))).toEqual(whole);
      }),
    );
  });

  test("refuses a line, and an event, without end", () => {
    const parser = new EventParser();
    const piece = "x".repeat(1024 * 1024);
    expect(() => {
      for (let count = 0; count < 5; count += 1) parser.feed(piece);
    }).toThrow(`longer than ${longestEvent}`);
    const other = new EventParser();
    expect(() => {
      for (let count = 0; count < 5; count += 1) other.feed(`data: ${piece}\n`);
    }).toThrow("longer than");
  });

  test("reads a line of a million pieces, and a piece of many lines; were its time quadratic, this would not end", () => {
    const parser = new EventParser();
    for (let count = 0; count < 1_000_000; count += 1) parser.feed("x");
    const events = parser.feed(`\n${"\r\n:\r\ndata: a\n".repeat(100_000)}\n`);
    expect(events).toHaveLength(100_000);
  });
});

describe("readEvents", () => {
  const streamOf = (bytes: Uint8Array, size: number, cancelled: () => void): ReadableStream<Uint8Array> => {
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.subarray(at, at + size));
        at += size;
      },
      cancel: cancelled,
    });
  };

  test("skips a byte order mark, and keeps characters that were cut in two", async () => {
    const bytes = new TextEncoder().encode("\ufeffdata: Été 🌞\n\n");
    const events: ServerEvent[] = [];
    for await (const event of readEvents(streamOf(bytes, 1, () => undefined))) events.push(event);
    expect(events).toEqual([message("Été 🌞")]);
  });

  test("ends the response when its reader leaves", async () => {
    let cancelled = false;
    const bytes = new TextEncoder().encode("data: a\n\n".repeat(100));
    const stream = streamOf(bytes, 9, () => {
      cancelled = true;
    });
    for await (const event of readEvents(stream)) {
      expect(event).toEqual(message("a"));
      break;
    }
    expect(cancelled).toBe(true);
  });
});
