import { OperationLostError, type SharedJournal } from "../journal/shared-journal.ts";
import type { After } from "../time/timers.ts";

export interface MembershipOptions {
  readonly shared: SharedJournal;
  readonly after: After;
  /** A clock that does not jump, in milliseconds. */
  readonly steady: () => number;
  /** Called after each renewal: what other processes left, or asked for, may be found. */
  readonly renewed: () => Promise<void>;
  /** Called once, when this process's lease has run out, or soon will have. */
  readonly lost: () => void;
  readonly warn: (message: string) => void;
}

/** How many renewals are tried within one lease. */
const renewalsInLease = 3;

/**
 * Keeps the lease of this process. Where it could not be renewed for a whole lease, counted from when the last renewal that
 * succeeded was sent, it is lost: another process may have what this one works on.
 */
export class Membership {
  readonly #options: MembershipOptions;
  #validUntilMs: number;
  #cancelTimer: (() => void) | undefined;
  #cancelEnd: (() => void) | undefined;
  #isOver = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#validUntilMs = options.steady() + options.shared.leaseMs;
    this.#expectEnd();
    this.#renewLater();
  }

  /** The lease is lost, or not wanted any more: it is not renewed. */
  end(): void {
    this.#isOver = true;
    this.#cancelTimer?.();
    this.#cancelEnd?.();
  }

  /** The journal said that this process has lost its operations. */
  lose(): void {
    if (this.#isOver) return;
    this.end();
    this.#options.lost();
  }

  #renewLater(): void {
    const { after, shared } = this.#options;
    this.#cancelTimer = after(shared.leaseMs / renewalsInLease, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { shared, steady, renewed, warn } = this.#options;
    const sentMs = steady();
    try {
      await shared.renew();
      if (this.#isOver) return;
      this.#validUntilMs = sentMs + shared.leaseMs;
      this.#expectEnd();
      await renewed();
    } catch (error) {
      if (error instanceof OperationLostError) this.lose();
      else if (!this.#isOver) warn(`the lease in the journal could not be renewed: ${String(error)}`);
    }
    if (!this.#isOver) this.#renewLater();
  }

  #expectEnd(): void {
    const { after, steady } = this.#options;
    this.#cancelEnd?.();
    this.#cancelEnd = after(Math.max(0, this.#validUntilMs - steady()), () => this.lose());
  }
}
