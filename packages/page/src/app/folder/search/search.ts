/** Looks for names below a folder, until it is stopped. */
import type { DavClient } from "../../client.ts";
import { Store } from "../../store.ts";
import { matches } from "../rows/order.ts";
import { type Row, rowOf } from "../rows/row.ts";

/** What is found beyond this is not shown: a longer word finds less. */
export const mostFound = 500;
/** How often what was found is shown. */
const showMs = 200;

/** One search, which begins at once. */
export class Search extends Store {
  readonly text: string;
  /** The path of the folder. */
  readonly path: string;
  found: readonly Row[] = [];
  /** How many names were looked at. */
  looked = 0;
  /** "partly": some folders could not be looked into. */
  state: "looking" | "done" | "partly" | "full" | "stopped" | "failed" = "looking";
  readonly #stop = new AbortController();

  constructor(client: Promise<DavClient>, path: string, text: string) {
    super();
    this.path = path;
    this.text = text;
    void this.#look(client);
  }

  stop(): void {
    if (this.state === "looking") this.#end("stopped");
    this.#stop.abort();
  }

  async #look(client: Promise<DavClient>): Promise<void> {
    const { signal } = this.#stop;
    const isWanted = matches(this.text);
    const found: Row[] = [];
    let shownMs = performance.now();
    const show = (): void => {
      this.found = [...found];
      this.changed();
    };
    try {
      const place = new URL(this.path, location.href);
      for await (const resource of (await client).list(place, { depth: "infinity", signal })) {
        this.looked += 1;
        const row = rowOf(resource);
        if (isWanted(row.name)) found.push(row);
        if (found.length >= mostFound) {
          show();
          this.#end("full");
          this.#stop.abort();
          return;
        }
        if (performance.now() - shownMs < showMs) continue;
        show();
        // Keys and clicks come first.
        await new Promise((resolve) => setTimeout(resolve));
        if (signal.aborted) return;
        shownMs = performance.now();
      }
      show();
      this.#end("done");
    } catch (error) {
      if (signal.aborted) return;
      show();
      this.#end(error instanceof Error && error.name === "MultistatusError" ? "partly" : "failed");
    }
  }

  #end(state: Search["state"]): void {
    this.state = state;
    this.changed();
  }
}
