/** One JSON line a request, on standard error. */
import type { Refusal } from "@meanwhile/interim/internal";
import type { RequestLogEntry } from "@meanwhile/server";
import { type Logger, pino } from "pino";
import type { LogLevel } from "../options/serve-options.ts";

export interface ServerLog {
  request(entry: RequestLogEntry): void;
  /** What came was no request that could be read, or one with a method that the parser does not know. */
  refused(refusal: Refusal & { readonly address: string }): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

/** JSON keeps control characters in names from making lines of their own. */
export function createServerLog(level: LogLevel, destination: { write(line: string): void }): ServerLog {
  const logger: Logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    request({ error, ...entry }) {
      const level = levelOf(entry.status);
      if (!logger.isLevelEnabled(level)) return;
      const line = {
        ...entry,
        target: withoutSecrets(entry.target),
        durationMs: Math.round(entry.durationMs * 1000) / 1000,
        ...(error === undefined ? {} : { err: error }),
      };
      logger[level](line, "request");
    },
    refused({ target, ...refusal }) {
      const line = { ...refusal, ...(target === undefined ? {} : { target: withoutSecrets(target) }) };
      logger.info(line, target === undefined ? "malformed request" : "request");
    },
    warn: (message) => logger.warn(message),
    error: (message, error) => logger.error(error === undefined ? {} : { err: error }, message),
  };
}

/** With --log-level error, only what the server itself did wrong is left: a method that no server has to know is not. */
function levelOf(status: number): "error" | "warn" | "info" {
  if (status === 501) return "info";
  if (status >= 500) return "error";
  return status === 429 ? "warn" : "info";
}

/** An absolute-form target may have a password in it, though it must not (RFC 9110 §4.2.4). */
function withoutSecrets(target: string): string {
  return target.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1");
}
