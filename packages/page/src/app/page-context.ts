/** What all components know. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { DavClient } from "./client.ts";
import type { Settings } from "./settings.ts";
import type { Words } from "./words/words.ts";

export interface PageContext {
  readonly settings: Settings;
  readonly words: Words;
  readonly client: Promise<DavClient>;
  /** Shows another folder, by its path. */
  go(path: string): void;
}

export const Surroundings = createContext<PageContext | undefined>(undefined);

/** What every component knows. @throws {Error} outside of the page */
export function usePage(): PageContext {
  const page = useContext(Surroundings);
  if (page === undefined) throw new Error("a component is drawn outside of the page");
  return page;
}
