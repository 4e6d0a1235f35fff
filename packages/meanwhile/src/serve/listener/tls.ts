/** Certificate and key for HTTPS. */
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { wrongUsage } from "../../command-error.ts";

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws {CommandError} where a file cannot be read, or they do not go together */
export function readTls(files: { readonly cert: string; readonly key: string }): TlsFiles {
  const tls = { cert: read("--tls-cert", files.cert), key: read("--tls-key", files.key) };
  try {
    createSecureContext(tls);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw wrongUsage(`--tls-cert ${files.cert} and --tls-key ${files.key} cannot be used: ${problem}`, cause);
  }
  return tls;
}

function read(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw wrongUsage(`${option} ${path}: cannot be read`, cause);
  }
}
