/** Reads HTTP/2 frame by frame, for what Node's client does not show: which frame ends the stream, and in which order they come. */
import { once } from "node:events";
import { connect } from "node:net";
import { frame, literals } from "../../../interim/src/testing/http2-frames.ts";

export interface SeenFrame {
  readonly type: "HEADERS" | "DATA" | "RST_STREAM";
  readonly endStream: boolean;
  /** The status that a HEADERS frame begins with; undefined for trailers. */
  readonly status?: number;
}

const frameTypes: Readonly<Record<number, SeenFrame["type"]>> = { 0: "DATA", 1: "HEADERS", 3: "RST_STREAM" };

/** Sends one request without content on a connection of its own. @returns the frames of its stream, to its end */
export async function framesOf(
  port: number,
  method: string,
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<readonly SeenFrame[]> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const lines = {
    ":method": method,
    ":scheme": "http",
    ":path": path,
    ":authority": "api.example",
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value])),
  };
  const block = literals(lines);
  socket.write(
    Buffer.concat([
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1"),
      // SETTINGS_HEADER_TABLE_SIZE 0: what the server writes refers to nothing that came before.
      frame(4, 0, 0, Buffer.from([0, 1, 0, 0, 0, 0])),
      // END_STREAM and END_HEADERS.
      frame(1, 5, 1, block),
    ]),
  );
  const seen: SeenFrame[] = [];
  let bytes = Buffer.alloc(0);
  try {
    for await (const piece of socket) {
      bytes = Buffer.concat([bytes, piece]);
      while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
        const end = 9 + bytes.readUIntBE(0, 3);
        const type = frameTypes[bytes.readUInt8(3)];
        if (type !== undefined && bytes.readUInt32BE(5) === 1) {
          const endStream = type !== "RST_STREAM" && (bytes.readUInt8(4) & 1) === 1;
          const status = type === "HEADERS" ? statusOf(bytes.subarray(9, end)) : undefined;
          seen.push({ type, endStream, ...(status === undefined ? {} : { status }) });
        }
        bytes = bytes.subarray(end);
      }
      if (seen.some(({ endStream, type }) => endStream || type === "RST_STREAM")) break;
    }
  } finally {
    socket.destroy();
  }
  return seen;
}

/** RFC 7541 §A: what the static table has of `:status`, from index 8 on. */
const knownStatuses = [200, 204, 206, 304, 400, 404, 500];

/** The status comes first in a response's HEADERS (RFC 9113 §8.3). */
function statusOf(block: Buffer): number | undefined {
  let at = 0;
  // RFC 7541 §6.3: the size of the table, which we have asked for.
  while (((block[at] ?? 0) & 0xe0) === 0x20) at += 1;
  const first = block[at] ?? 0;
  if ((first & 0x80) !== 0) return knownStatuses[(first & 0x7f) - 8];
  const isStatus = first === 0x48 || first === 0x08 || first === 0x18;
  if (!isStatus) return undefined;
  const length = block[at + 1] ?? 0;
  const value = block.subarray(at + 2, at + 2 + (length & 0x7f));
  return Number((length & 0x80) === 0 ? value.toString("latin1") : digits(value));
}

/** RFC 7541 §B: 0 to 2 have five bits, 00000 to 00010; 3 to 9 six, 011001 to 011111. */
function digits(coded: Buffer): string {
  const bits = [...coded].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let text = "";
  for (let at = 0; bits.length - at >= 5 && text.length < 3; ) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    if (short <= 2) {
      text += short;
      at += 5;
    } else {
      text += Number.parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3;
      at += 6;
    }
  }
  return text;
}
