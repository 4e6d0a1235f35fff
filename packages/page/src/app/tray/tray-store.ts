/** The operations of this user, fed by one event stream: those that this page began, and those that came from elsewhere. */
import type { Account } from "../account/account.ts";
import { EndedError } from "../changes/change-failure.ts";
import { fetchAgain } from "../comeback.ts";
import type { Settings } from "../settings.ts";
import { Store } from "../store.ts";
import type { OwnOperations } from "./own-operations.ts";
import { Pace } from "./pace.ts";
import { hasFailed, isNews, type StatusDocument } from "./status-document.ts";

interface Follower {
  resolve(): void;
  reject(error: unknown): void;
}

/** What is over sooner is not shown while it goes on: it would flash. */
const momentMs = 800;

/** How the server is asked, and who is told that it does not know us any more. */
export type TrayAccount = Pick<Account, "fetch" | "check">;

/** Listens to the list of operations, and tells those who wait for one of them how it ended. */
export class TrayStore extends Store {
  operations: readonly StatusDocument[] = [];
  connected = false;
  readonly #settings: Settings;
  readonly #own: OwnOperations;
  readonly #paces = new Map<string, Pace>();
  readonly #followers = new Map<string, Follower>();
  #source: EventSource | undefined;
  #asked = "";
  /** Ids that the server was seen to know, and since when, by our own clock. */
  #known: ReadonlyMap<string, number> = new Map();
  /** Ids of those that this window has asked to stop. */
  readonly #stopping = new Set<string>();
  /** Ids of those that it has asked to hide. */
  readonly #hiding = new Set<string>();

  readonly #ended: () => void;

  readonly #account: TrayAccount;

  /** @param ended called when one that ran has ended, whoever began it */
  constructor(settings: Settings, own: OwnOperations, account: TrayAccount, ended: () => void) {
    super();
    this.#settings = settings;
    this.#account = account;
    this.#ended = ended;
    this.#own = own;
    own.subscribe(() => this.connect());
  }

  /** Begins to listen, or listens to other ones. */
  connect(): void {
    const { operations, user } = this.#settings;
    const { ids } = this.#own;
    const place =
      user !== undefined
        ? operations
        : ids.length > 0
          ? `${operations}?${ids.map((id) => `id=${id}`).join("&")}`
          : "";
    if (place === this.#asked) return;
    this.#asked = place;
    this.#source?.close();
    this.#source = undefined;
    if (place === "") {
      this.#take([]);
      return;
    }
    const source = new EventSource(place);
    this.#source = source;
    source.addEventListener("operations", ({ data }) => {
      this.connected = true;
      this.#take((JSON.parse(data) as { operations: readonly StatusDocument[] }).operations);
    });
    source.addEventListener("error", () => {
      this.connected = false;
      // Where it was refused the browser does not come back by itself.
      if (source.readyState === EventSource.CLOSED) {
        this.#asked = "";
        setTimeout(() => this.connect(), 5_000);
        void this.#account.check();
      }
      this.changed();
    });
  }

  /** Resolves once it has ended well. @throws {EndedError} with the status that it ended with */
  follow({ pathname }: URL): Promise<void> {
    const id = pathname.slice(pathname.lastIndexOf("/") + 1);
    return new Promise((resolve, reject) => {
      this.#followers.set(id, { resolve, reject });
      // A short one may have ended, and been told, before.
      const known = this.operations.find((one) => one.id === id);
      if (known?.outcome !== undefined) this.#tell(known);
      if (this.#settings.user === undefined) this.#own.add(id);
    });
  }

  /** How much of what runs is done, in percent, as far as that is known; undefined where nothing runs. */
  get share(): number | undefined {
    let [done, all] = [0, 0];
    for (const { progress, outcome } of this.news) {
      const { total, bytes } = progress;
      if (outcome !== undefined || total === undefined || total === 0) continue;
      all += total;
      done += progress.done + (bytes !== undefined && bytes.total > 0 ? bytes.done / bytes.total : 0);
    }
    return all === 0 ? undefined : Math.floor((100 * done) / all);
  }

  /** Those that somebody may want to see. */
  get news(): readonly StatusDocument[] {
    const before = performance.now() - momentMs;
    return this.operations.filter(
      (one) => isNews(one) && (one.outcome !== undefined || (this.#known.get(one.id) ?? 0) <= before),
    );
  }

  pace({ id }: StatusDocument): Pace {
    const pace = this.#paces.get(id) ?? new Pace();
    this.#paces.set(id, pace);
    return pace;
  }

  /** Asks once, however often this is called, and shows at once that it was. */
  async cancel({ id, cancel }: StatusDocument): Promise<void> {
    if (cancel === undefined || this.#stopping.has(id)) return;
    this.#stopping.add(id);
    this.operations = this.operations.map((one) => this.#asStopping(one));
    this.changed();
    const answer = await this.#ask(cancel, { method: "POST" }).catch(() => undefined);
    if (answer?.ok === true) return;
    // It can be tried again.
    this.#stopping.delete(id);
    this.operations = this.operations.map((one) =>
      one.id === id && one.state === "cancelling" ? { ...one, state: "running" } : one,
    );
    this.changed();
  }

  /** Takes it out of the list, for good. */
  async hide({ id, hide }: StatusDocument): Promise<void> {
    if (hide === undefined || this.#hiding.has(id)) return;
    this.#hiding.add(id);
    try {
      await this.#ask(hide, { method: "POST" });
    } finally {
      this.#hiding.delete(id);
    }
    this.#own.remove(new Set([id]));
    this.#take(this.operations.filter((one) => one.id !== id));
  }

  /** Members that failed: lists do not have them. Rejects where they cannot be read. */
  async failed({ href }: StatusDocument): Promise<StatusDocument["failed"]> {
    const accept = { Accept: "application/json" };
    const answer = await this.#ask(href, { headers: accept });
    if (!answer.ok) throw new EndedError(answer.status);
    return ((await answer.json()) as StatusDocument).failed;
  }

  /** Once more after a lost connection: asked twice, the server does no more than once. */
  #ask(url: string, init: RequestInit): Promise<Response> {
    return fetchAgain(() => this.#account.fetch(new URL(url).pathname, init));
  }

  /** What was told before the server had heard of it says that it runs. */
  #asStopping(one: StatusDocument): StatusDocument {
    return one.state === "running" && this.#stopping.has(one.id) ? { ...one, state: "cancelling" } : one;
  }

  #take(told: readonly StatusDocument[]): void {
    const operations = told.map((one) => this.#asStopping(one));
    const now = performance.now();
    for (const one of operations) {
      const { done, bytes } = one.progress;
      if (one.outcome === undefined)
        this.pace(one).add(
          done + (bytes !== undefined && bytes.total > 0 ? bytes.done / bytes.total : 0),
          now,
        );
      else this.#tell(one);
    }
    const ran = new Set(this.operations.filter(({ outcome }) => outcome === undefined).map(({ id }) => id));
    const hasEnded = operations.some(({ id, outcome }) => outcome !== undefined && ran.has(id));
    const known = new Map(operations.map(({ id }) => [id, this.#known.get(id) ?? now]));
    const gone = new Set([...this.#known.keys()].filter((id) => !known.has(id)));
    if (operations.some(({ id, outcome }) => outcome === undefined && known.get(id) === now))
      setTimeout(() => this.changed(), momentMs);
    this.#known = known;
    for (const id of gone) {
      this.#followers.get(id)?.resolve();
      this.#followers.delete(id);
    }
    this.operations = operations;
    this.changed();
    if (hasEnded) this.#ended();
    if (this.#settings.user === undefined) this.#own.remove(gone);
  }

  #tell(ended: StatusDocument): void {
    const follower = this.#followers.get(ended.id);
    this.#followers.delete(ended.id);
    if (follower === undefined) return;
    if (hasFailed(ended)) follower.reject(new EndedError(ended.outcome?.status ?? 500));
    else follower.resolve();
  }
}
