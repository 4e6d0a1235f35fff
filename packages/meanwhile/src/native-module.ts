/** What to do where the binary of a native module is missing. */

/** LMDB's binary for this platform is not installed. */
export class MissingBinaryError extends Error {
  override readonly name = "MissingBinaryError";
  readonly code = "ERR_MISSING_BINARY";
}

/**
 * Loads modules that need LMDB, which keeps properties, locks and long requests.
 * @throws {MissingBinaryError} where LMDB has no binary for this platform, or the binary cannot be loaded; its message says what to do
 */
export async function loadWithLmdb<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissingBinary(cause)) throw cause;
    const platform = `${process.platform}-${process.arch}`;
    throw new MissingBinaryError(
      `the module lmdb has no binary for ${platform}: install again on this machine with \`--include=optional\`; where ` +
        "there is none to install, `npm install-scripts approve lmdb` (npm 11 and later) and `npm rebuild lmdb` compile it",
      { cause },
    );
  }
}

function isMissingBinary(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message.startsWith("No native build was found") || /ERR_DLOPEN_FAILED/.test(codeOf(error));
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
