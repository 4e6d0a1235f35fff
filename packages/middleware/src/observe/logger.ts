/** A log, as pino has it. */

/** One line: fields first, then a message for people. */
export type LogLine = (fields: Record<string, unknown>, message: string) => void;

/** What `processing()` needs of a logger; pino's has it, and those of Fastify. */
export interface Logger {
  debug: LogLine;
  info: LogLine;
  warn: LogLine;
  error: LogLine;
}

export const logLevels = ["debug", "info", "warn", "error"] as const;

/**
 * A logger that never throws: one that fails has nobody to report to.
 *
 * @param logger undefined: nobody
 * @param warn told the messages of warnings and errors
 */
export function safeLogger(
  logger: Logger | undefined,
  warn: ((message: string) => void) | undefined,
): Logger {
  const line =
    (level: (typeof logLevels)[number], tells: boolean): LogLine =>
    (fields, message) => {
      try {
        logger?.[level](fields, message);
      } catch {
        // See above.
      }
      try {
        if (tells) warn?.(message);
      } catch {
        // See above.
      }
    };
  return {
    debug: line("debug", false),
    info: line("info", false),
    warn: line("warn", true),
    error: line("error", true),
  };
}
