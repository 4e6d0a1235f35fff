/** The folder that is shown: its members, their order, and which of them are selected. */
import type { DavClient } from "../client.ts";
import { Comeback } from "../comeback.ts";
import { isLost } from "../failure-text.ts";
import { Store } from "../store.ts";
import { type Column, type Compare, comparison, filtered, merged, type Order } from "./rows/order.ts";
import { askedProperties, mayChange } from "./rows/rights.ts";
import { type Row, rowOf } from "./rows/row.ts";

export type FolderState =
  | { readonly kind: "loading" }
  | { readonly kind: "shown"; readonly partly: boolean }
  | { readonly kind: "failed"; readonly error: unknown };

/** Members that are shown at first; each later time it is half as many more than there are. */
const firstRows = 200;

/** Loads the members of one folder after the other. */
export class FolderStore extends Store {
  /** Its path, with the slash at its end. */
  path = "";
  state: FolderState = { kind: "loading" };
  /** The connection was lost while it was looked at again: what is shown may be old, and it is tried again. */
  away = false;
  /** Whether something may be put into it; undefined until that is known. */
  mayChange: boolean | undefined;
  order: Order = { by: "name", descending: false };
  filter = "";
  /** All members, in order. */
  all: readonly Row[] = [];
  /** Those that the filter leaves. */
  shown: readonly Row[] = [];
  /** By name. */
  selected: ReadonlySet<string> = new Set();
  /** Index in `shown` of the row that keys act on. */
  cursor = 0;
  /** Where a selection by shift begins. */
  #anchor = 0;
  #loading = new AbortController();
  #comeback = new Comeback({ unending: true });
  readonly #client: Promise<DavClient>;
  readonly #language: string;

  constructor(client: Promise<DavClient>, language: string) {
    super();
    this.#client = client;
    this.#language = language;
  }

  /** Shows another folder. */
  open(path: string): void {
    this.path = path;
    this.state = { kind: "loading" };
    this.away = false;
    this.#comeback = new Comeback({ unending: true });
    this.mayChange = undefined;
    this.filter = "";
    this.all = [];
    this.shown = [];
    this.selected = new Set();
    this.cursor = 0;
    this.#anchor = 0;
    this.changed();
    void this.#load({ anew: true });
  }

  /** Looks again at what is in it; what is shown stays until that is known. */
  refresh(): Promise<void> {
    return this.#load({ anew: this.state.kind !== "shown" });
  }

  sortBy(by: Column): void {
    const descending = this.order.by === by ? !this.order.descending : by !== "name";
    this.order = { by, descending };
    this.#show(this.all.toSorted(this.#compare()));
  }

  filterBy(text: string): void {
    this.filter = text;
    this.#show(this.all);
  }

  moveTo(index: number, select: "none" | "range" = "none"): void {
    this.cursor = Math.max(0, Math.min(index, this.shown.length - 1));
    if (select === "range") this.#selectRange();
    else this.#anchor = this.cursor;
    this.changed();
  }

  /** Selects a row or no longer; with "range" all from the last one on. */
  toggle(index: number, mode: "one" | "range" = "one"): void {
    const row = this.shown[index];
    if (row === undefined) return;
    this.cursor = index;
    if (mode === "range") this.#selectRange();
    else {
      const selected = new Set(this.selected);
      if (!selected.delete(row.name)) selected.add(row.name);
      this.selected = selected;
      this.#anchor = index;
    }
    this.changed();
  }

  selectAll(selected: boolean): void {
    this.selected = new Set(selected ? this.shown.map(({ name }) => name) : []);
    this.changed();
  }

  /** The selected rows, in the order that they are shown in. */
  get selection(): readonly Row[] {
    return this.all.filter(({ name }) => this.selected.has(name));
  }

  #selectRange(): void {
    const [from, to] = [Math.min(this.#anchor, this.cursor), Math.max(this.#anchor, this.cursor)];
    this.selected = new Set(this.shown.slice(from, to + 1).map(({ name }) => name));
  }

  #compare(): Compare {
    return comparison(this.order, this.#language);
  }

  #show(all: readonly Row[]): void {
    const at = this.shown[this.cursor]?.name;
    this.all = all;
    this.shown = filtered(all, this.filter);
    const found = this.shown.findIndex(({ name }) => name === at);
    this.cursor = Math.max(0, found === -1 ? Math.min(this.cursor, this.shown.length - 1) : found);
    this.changed();
  }

  async #load({ anew }: { readonly anew: boolean }): Promise<void> {
    this.#loading.abort();
    const loading = new AbortController();
    this.#loading = loading;
    let rows: readonly Row[] = [];
    let more: Row[] = [];
    let partly = false;
    let { order } = this;
    const take = (): readonly Row[] => {
      const compare = this.#compare();
      // Another order may have been asked for meanwhile.
      rows = merged(order === this.order ? rows : rows.toSorted(compare), more, compare);
      order = this.order;
      more = [];
      return rows;
    };
    try {
      const client = await this.#client;
      const place = new URL(this.path, location.href);
      const options = { signal: loading.signal, properties: askedProperties };
      void client.stat(place, options).then(
        (resource) => {
          if (loading.signal.aborted) return;
          this.mayChange = mayChange(resource);
          this.changed();
        },
        // What is wrong with the folder is told of its listing.
        () => undefined,
      );
      for await (const resource of client.list(place, options)) {
        more.push(rowOf(resource));
        if (!anew || more.length < Math.max(firstRows, rows.length / 2)) continue;
        this.#show(take());
        // Keys and clicks come before the rest.
        await new Promise((resolve) => setTimeout(resolve));
        if (loading.signal.aborted) return;
      }
    } catch (error) {
      if (loading.signal.aborted) return;
      if (!(error instanceof Error && error.name === "MultistatusError")) {
        const isAway = isLost(error);
        this.away = isAway && this.state.kind === "shown";
        if (!this.away) this.state = { kind: "failed", error };
        this.changed();
        if (isAway && (await this.#comeback.wait(loading.signal))) void this.refresh();
        return;
      }
      partly = true;
    }
    if (loading.signal.aborted) return;
    this.state = { kind: "shown", partly };
    this.away = false;
    this.#comeback = new Comeback({ unending: true });
    const names = new Set(take().map(({ name }) => name));
    this.selected = new Set([...this.selected].filter((name) => names.has(name)));
    this.#show(rows);
  }
}
