import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { Socket } from "node:net";
import { ConnectionError } from "../../error/connection-error.ts";
import { connectionFailure } from "../failure.ts";
import type { Timers } from "../waiting.ts";

/** A place for one stream. */
export interface StreamPlace {
  readonly session: ClientHttp2Session;
  /** Whether streams were carried before, so that the other side may just be leaving. */
  readonly used: boolean;
  /** The last stream that the peer will process; Infinity until it says GOAWAY (RFC 9113 §6.8). */
  lastStream(): number;
  /** Gives the place back when the stream is closed; or at once where there is none. */
  occupy(stream: ClientHttp2Stream | undefined): void;
}

interface Member {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  open: number;
  used: boolean;
  /** Takes no further streams: it is closing, or the peer said GOAWAY. */
  leaving: boolean;
  lastStream: number;
  forgetIdle: () => void;
  endPings: () => void;
}

/** HTTP/2 sessions, one an origin and route, shared by requests at once. */
export class Http2Sessions {
  readonly #members = new Set<Member>();
  readonly #idleMs: number;
  readonly #timers: Timers;
  #closed = false;

  constructor(idleMs: number, timers: Timers) {
    this.#idleMs = idleMs;
    this.#timers = timers;
  }

  /** A place on a connection that has one: the peer limits its streams (RFC 9113 §5.1.2). */
  take(): StreamPlace | undefined {
    for (const member of this.#members) {
      const most = Math.max(1, member.session.remoteSettings.maxConcurrentStreams ?? 100);
      if (!member.leaving && !member.session.closed && !member.session.destroyed && member.open < most) {
        return this.#reserve(member);
      }
    }
    return undefined;
  }

  /**
   * Begins HTTP/2 on a connection.
   *
   * @returns once the peer has sent its settings, for they say how many streams there may be
   * @throws {ConnectionError} where it speaks something else; or the signal's reason
   */
  begin(
    socket: Socket,
    authority: string,
    limits: { largestHeadBytes: number },
    signal: AbortSignal,
  ): Promise<void> {
    const session = connect(authority, {
      createConnection: () => socket,
      settings: {
        enablePush: false,
        // 64 KiB on their way are too few on a fast line.
        initialWindowSize: streamWindowBytes,
        // Somewhat more than our own limit, so that what exceeds it gets our error.
        maxHeaderListSize: 2 * limits.largestHeadBytes,
      },
      // Field lines in one head: Status-URI may be several hundred.
      maxHeaderListPairs: 4096,
      // Megabytes. Node counts the fields of interim responses here until their strings are collected as garbage, and
      // resets streams beyond it: 5,000 of 15 KiB took more than 64 (Node 22 to 26). What may come is limited by our
      // own allowance.
      maxSessionMemory: 1024,
    });
    const member: Member = {
      session,
      socket,
      open: 0,
      used: false,
      leaving: false,
      lastStream: Number.POSITIVE_INFINITY,
      forgetIdle: () => {},
      endPings: () => {},
    };
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        session.off("error", onError);
        session.off("close", onClose);
        signal.removeEventListener("abort", onAbort);
      };
      const onError = (error: unknown): void => {
        settle();
        session.destroy();
        reject(connectionFailure(error, { mayHaveArrived: false, interims: 0 }, new URL(authority).host));
      };
      const onClose = (): void =>
        onError(
          new ConnectionError("lost", `${authority} closed the connection before it began HTTP/2`, {
            mayHaveArrived: false,
          }),
        );
      const onAbort = (): void => {
        settle();
        session.destroy();
        reject(signal.reason);
      };
      // Each stream is told of it by itself.
      session.on("error", () => {});
      session.once("error", onError);
      session.once("close", onClose);
      signal.addEventListener("abort", onAbort, { once: true });
      session.once("remoteSettings", () => {
        settle();
        session.setLocalWindowSize(connectionWindowBytes);
        this.#admit(member);
        resolve();
      });
    });
  }

  /** Closes what is idle; streams that run go on. */
  close(): void {
    this.#closed = true;
    for (const { session } of this.#members) session.close();
  }

  #admit(member: Member): void {
    const { session } = member;
    this.#members.add(member);
    // RFC 9113 §6.8: "Receivers of a GOAWAY frame MUST NOT open additional streams on the connection".
    session.on("goaway", (_code, lastStream = Number.POSITIVE_INFINITY) => {
      member.leaving = true;
      member.lastStream = lastStream;
      session.close();
    });
    session.once("close", () => {
      member.forgetIdle();
      member.endPings();
      this.#members.delete(member);
    });
    this.#restIfIdle(member);
    if (this.#closed) session.close();
  }

  #reserve(member: Member): StreamPlace {
    const { used } = member;
    member.open += 1;
    member.used = true;
    member.forgetIdle();
    if (member.open === 1) {
      member.session.ref();
      member.endPings = pingWhereSilent(member.session, member.socket, this.#timers);
    }
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      member.open -= 1;
      this.#restIfIdle(member);
    };
    return {
      session: member.session,
      used,
      lastStream: () => member.lastStream,
      occupy: (stream) => {
        if (stream === undefined || stream.closed) leave();
        else stream.once("close", leave);
      },
    };
  }

  #restIfIdle(member: Member): void {
    const { session } = member;
    if (member.open > 0) return;
    member.endPings();
    if (session.destroyed) return;
    session.unref();
    const timer = setTimeout(() => session.close(), this.#idleMs);
    timer.unref();
    member.forgetIdle = () => clearTimeout(timer);
  }
}

const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 16 * 1024 * 1024;

/** Milliseconds of silence after which a connection is asked whether it is alive: by TCP, and over HTTP/2 by PING. */
export const keepAliveMs = 30_000;

/** How long the answer to a PING may take, in milliseconds. */
const pingAnswerMs = 15_000;

/**
 * Pings a connection that has been silent for {@link keepAliveMs} (RFC 9113 §6.7), and takes it down where nothing comes back.
 * TCP's own keep-alive ends at the first hop that has a connection of its own.
 *
 * @returns ends it
 */
function pingWhereSilent(session: ClientHttp2Session, socket: Socket, timers: Timers): () => void {
  let forget = (): void => {};
  const wait = (): void => {
    const seen = socket.bytesRead;
    forget = timers.after(keepAliveMs, () => {
      if (session.destroyed) return;
      if (socket.bytesRead !== seen) {
        wait();
        return;
      }
      // That the answer has come is seen by its bytes.
      session.ping(() => {});
      forget = timers.after(pingAnswerMs, () => {
        if (socket.bytesRead !== seen) wait();
        else session.destroy(silent());
      });
    });
  };
  wait();
  return () => forget();
}

function silent(): ConnectionError {
  return new ConnectionError("lost", "the connection is dead: not even a PING is answered", {
    mayHaveArrived: true,
  });
}
