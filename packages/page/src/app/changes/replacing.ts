/** What is in the way under a name, and what becomes of it: what is replaced is what was seen, and nothing that came after. */
import type { Conflict } from "../asking/questions.ts";
import type { Standing } from "../folder/rows/standing.ts";
import { numberedNames } from "./free-name.ts";

/**
 * What a request may replace. "anything" where nothing tells one content from another: what this user may not read, and folders,
 * which have no entity tag. A folder's URL ends in a slash, so that the server puts it in no file's place.
 */
export type Replaceable = "nothing" | "anything" | { readonly etag: string };

/** Something that gets a name which may be taken. */
export interface Placing<Done> {
  readonly name: string;
  /** Does it. @returns "in the way" where there is something that may not be replaced, or no longer what was seen */
  put(name: string, replaceable: Replaceable): Promise<Done | "in the way">;
  /** What has the name now. */
  look(): Promise<Standing | undefined>;
  /** @param changed whether it was answered before, and something else was there then */
  choose(there: Standing, changed: boolean): Promise<Conflict>;
}

/**
 * Does it under its name, or what is chosen where that is taken; asks anew where that changed since.
 *
 * @param first what became of it, where it was tried before
 * @returns "in the way" where all numbers are taken, too
 */
export async function placed<Done>(
  { name, put, look, choose }: Placing<Done>,
  first?: "in the way",
): Promise<Done | "skipped" | "in the way"> {
  let result = first ?? (await put(name, "nothing"));
  let wasFree = false;
  for (let changed = false; result === "in the way"; ) {
    const there = await look();
    if (there === undefined && !wasFree) {
      // It went meanwhile; if it is refused even so, something is there that is not shown.
      wasFree = true;
      result = await put(name, "nothing");
      continue;
    }
    const choice = await choose(there ?? "unseen", changed);
    if (choice === "skip") return "skipped";
    if (choice === "keep both") return freely(name, (numbered) => put(numbered, "nothing"));
    const etag = there === undefined || there === "unseen" ? undefined : there.etag;
    result = await put(name, etag === undefined ? "anything" : { etag });
    changed = true;
  }
  return result;
}

/** Tries names until one is free. */
export async function freely<Done>(
  name: string,
  put: (name: string) => Promise<Done | "in the way">,
): Promise<Done | "in the way"> {
  for (const numbered of numberedNames(name)) {
    const result = await put(numbered);
    if (result !== "in the way") return result;
  }
  return "in the way";
}
