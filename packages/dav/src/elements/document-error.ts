/** A document that another program sent is not what it should be: not well-formed, beyond a limit, or something else. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}
