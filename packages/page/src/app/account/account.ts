/** Who is logged in, and logging in, out and in again, for all windows of this browser. */
import type { Settings } from "../settings.ts";
import { Store } from "../store.ts";

/** What became of a name and a password. */
export type LoginResult = "known" | "wrong" | "throttled" | "failed";

export interface AccountOptions {
  readonly settings: Settings;
  /** Loads the document again: it is another one for each user. */
  reload(): void;
  /** Other windows of this browser. */
  readonly channel?: Pick<BroadcastChannel, "postMessage" | "onmessage">;
  readonly fetch?: typeof fetch;
}

/** Asks for a login where the server wants one; who waits for it then goes on. */
export class Account extends Store {
  /** Why a login is asked for now; undefined where it is not. */
  asking: "ended" | "switch" | undefined;
  readonly #options: AccountOptions;
  readonly #fetch: typeof fetch;
  #waiting: ((again: boolean) => void)[] = [];
  #looking: Promise<boolean> | undefined;

  constructor(options: AccountOptions) {
    super();
    this.#options = options;
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    if (options.channel) options.channel.onmessage = () => void this.check();
  }

  /** What the server told the page with its document. */
  get settings(): Settings {
    return this.#options.settings;
  }

  /** `fetch`, once more after a login where that was lost. */
  readonly fetch: (request: Request | string, init?: RequestInit) => Promise<Response> = async (
    request,
    init,
  ) => {
    const second = request instanceof Request ? request.clone() : request;
    const answer = await this.#fetch(request, init);
    if (answer.status !== 401 || !(await this.again())) return answer;
    return this.#fetch(second, init);
  };

  /** Called where the server does not know who asks. Resolves with whether asking once more is worth it. */
  async again(): Promise<boolean> {
    if (this.settings.session === undefined) return false;
    // Another window may have logged in, or this one a moment ago.
    if (await this.#isLoggedIn()) return true;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#ask("ended");
    });
  }

  /** Asks for a login where the session has ended, or is another user's. */
  async check(): Promise<void> {
    if (this.settings.login !== "used" && this.asking === undefined) return;
    if (await this.#isLoggedIn()) this.#settle(true);
    else this.#ask("ended");
  }

  /** Asks for another user's name. */
  change(): void {
    this.#ask("switch");
  }

  /** The login that is asked for will not come. */
  giveUp(): void {
    this.#settle(false);
  }

  async logIn(user: string, password: string): Promise<LoginResult> {
    const { session } = this.settings;
    if (session === undefined) return "failed";
    const answer = await this.#post(session, new URLSearchParams({ user, password }));
    if (answer?.status === 401) return "wrong";
    if (answer?.status === 429) return "throttled";
    if (answer?.ok !== true) return "failed";
    const { user: known } = (await answer.json()) as { readonly user: string };
    this.#options.channel?.postMessage("in");
    // What waits here is the first user's.
    if (known === this.settings.user) this.#settle(true);
    else this.#options.reload();
    return "known";
  }

  async logOut(): Promise<boolean> {
    const { session } = this.settings;
    if (session === undefined) return false;
    const answer = await this.#post(`${session}/end`);
    if (answer?.ok !== true) return false;
    this.#options.channel?.postMessage("out");
    this.#options.reload();
    return true;
  }

  #ask(why: "ended" | "switch"): void {
    if (this.asking !== undefined) return;
    this.asking = why;
    this.changed();
  }

  #settle(again: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.asking = undefined;
    this.changed();
    for (const resolve of waiting) resolve(again);
  }

  /** One question to the server is enough for all who want to know at the same time. */
  #isLoggedIn(): Promise<boolean> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<boolean> {
    const { session, user } = this.settings;
    if (session === undefined) return false;
    const answer = await this.#fetch(session, { headers: { Accept: "application/json" } }).catch(
      () => undefined,
    );
    // Without an answer nothing is known, and nothing is asked.
    if (answer?.ok !== true) return true;
    const told = (await answer.json()) as { readonly user?: string };
    return told.user !== undefined && told.user === user;
  }

  #post(path: string, body?: URLSearchParams): Promise<Response | undefined> {
    return this.#fetch(path, {
      method: "POST",
      headers: { Accept: "application/json" },
      ...(body === undefined ? {} : { body }),
    }).catch(() => undefined);
  }
}
