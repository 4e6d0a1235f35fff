/** What a URL in the reserved collection names, and which methods it has. */

/** Where status documents live, below the mount point; begins and ends with a slash. */
export const defaultStatusPath = "/.meanwhile/operations/";

export type StatusPlace =
  | { readonly kind: "collection" }
  /** The document itself, the recorded final response, or the state as ownCloud's clients read it. */
  | { readonly kind: "document" | "outcome" | "job"; readonly id: string }
  /** Where a POST cancels what runs, or hides what has ended. */
  | { readonly kind: "cancel" | "hide"; readonly id: string }
  | { readonly kind: "nowhere" };

/** @param rest what follows the collection's path, decoded: "", "ID", "ID/outcome" */
export function parsePlace(rest: string): StatusPlace {
  const [id = "", part = "", ...more] = rest.split("/");
  if (id === "" && part === "") return { kind: "collection" };
  if (!isId(id) || more.length > 0) return { kind: "nowhere" };
  if (part === "") return { kind: "document", id };
  switch (part) {
    case "outcome":
    case "job":
    case "cancel":
    case "hide":
      return { kind: part, id };
    default:
      return { kind: "nowhere" };
  }
}

/** Most operations that are listed at once. */
export const mostIds = 100;

/**
 * The operations that a list is asked for by `?id=ID&id=ID`, each once: clients that did not log in know theirs by nothing else. undefined
 * where none is named; what is no id, and what comes after the first hundred, is left out.
 */
export function askedIds(url: string | undefined): readonly string[] | undefined {
  const query = url?.slice(url.indexOf("?") + 1);
  if (query === undefined || query === url) return undefined;
  const named = new URLSearchParams(query).getAll("id");
  return named.length === 0 ? undefined : [...new Set(named)].filter((id) => isId(id)).slice(0, mostIds);
}

/** Nothing else ever was an id: it is not looked for, however long or strange it is. */
function isId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(text);
}

/** What may be done with it: the value of `Allow`. The same for what is there and what is not. */
export function methodsOf({ kind }: StatusPlace): readonly string[] {
  if (kind === "cancel" || kind === "hide") return ["OPTIONS", "POST"];
  return kind === "document" ? ["OPTIONS", "GET", "HEAD", "DELETE"] : ["OPTIONS", "GET", "HEAD"];
}

/** The same, of what follows the collection's path. */
export function statusMethods(rest: string): readonly string[] {
  return methodsOf(parsePlace(rest));
}
