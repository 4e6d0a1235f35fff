import type { HttpError } from "../../error/http-error.ts";
import type { StatusDocument } from "../../status/status-document.ts";

/** How an operation ended, or why that is not known. */
export type Ending =
  /** The status document at `url` says so: it has an outcome. */
  | { readonly kind: "document"; readonly document: StatusDocument; readonly url: URL }
  /** The response is the result, whatever its status: as servers do that have their own way with 202. */
  | {
      readonly kind: "response";
      readonly response: Response;
      /** Something told of an operation before: the response is more than what is there for everybody. */
      readonly monitored: boolean;
    }
  | { readonly kind: "cancelled" }
  /** Nothing is there, not any more, or nothing that says how far it is. */
  | { readonly kind: "gone"; readonly cause: HttpError };
