/** Whether something is tried again, and when: the one mechanism for all that the client repeats. */
import type { Patience } from "../send/send.ts";
import type { RepeatPolicy } from "./policies.ts";
import type { Setback } from "./setback.ts";
import type { Surroundings } from "./surroundings.ts";

/** The longest pause before the second try, in milliseconds; twice as long before each next one, up to the longest. */
const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** Most setbacks in a row of a server that has never answered. */
export const mostOfStrangers = 3;

/** The setbacks so far, the present one included. */
export interface Tries {
  readonly inARow: number;
  readonly inAll: number;
  /** When the first one since the last news was. */
  readonly sinceMs: number;
}

/** What a setback is judged by, apart from the policy. */
export interface Moment {
  readonly nowMs: number;
  /** From 0 to below 1. */
  readonly random: number;
  /** Whether the server has answered before. */
  readonly wasThere: boolean;
  /** When the caller's patience is at its end. */
  readonly endsAtMs: number;
}

/** What is to be done about a setback. */
export type Verdict =
  | { readonly kind: "again"; readonly afterMs: number }
  /** It was tried often enough, or there is not so much time. */
  | { readonly kind: "enough" }
  /** Another try would do no better. */
  | { readonly kind: "final" };

/** Judges a setback. It has no state, and knows neither clock nor chance. */
export function judge(policy: RepeatPolicy, tries: Tries, setback: Setback, moment: Moment): Verdict {
  const { nowMs, wasThere, endsAtMs } = moment;
  if (setback.kind === "final") return { kind: "final" };
  if (setback.kind === "connection") {
    const { code } = setback.cause;
    if (!policy.passing.has(code) || !(wasThere || code === "lost")) return { kind: "final" };
  }
  const most = wasThere ? policy.inARow : Math.min(policy.inARow, mostOfStrangers);
  if (tries.inARow > most || tries.inAll > policy.inAll) return { kind: "enough" };
  const afterMs = pauseMs(policy, tries.inARow, setback.askedMs, moment.random);
  const isTooLong =
    setback.askedMs > policy.longestAskedMs ||
    nowMs - tries.sinceMs + afterMs > policy.withinMs ||
    nowMs + afterMs >= endsAtMs;
  return isTooLong ? { kind: "enough" } : { kind: "again", afterMs };
}

/**
 * Exponential backoff with jitter. Where the server has said how long, it is that and a little more: those whom it sends
 * away for the same time do not come back at the same moment.
 */
function pauseMs({ jitter }: RepeatPolicy, inARow: number, askedMs: number, random: number): number {
  if (jitter === undefined) return askedMs;
  const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(inARow - 1, 16));
  const pause = Math.round(longest * (1 - jitter + jitter * random));
  return askedMs > 0 ? askedMs + Math.min(pause, askedMs / 4) : pause;
}

/** What has to be known of those who repeat. */
export interface Circumstances {
  readonly surroundings: Pick<Surroundings, "now" | "random" | "sleep">;
  /** Its time for all is counted from now on. Default: without end. */
  readonly patience?: Patience;
  /** Whether the server has answered before. Default: yes. */
  readonly wasThere?: () => boolean;
}

/** Of those whose policy has neither pauses nor a time. */
const timeless: Circumstances = {
  surroundings: { now: () => 0, random: () => 0, sleep: () => Promise.resolve() },
};

/** One thing that is tried until it succeeds, or the policy says that it is enough. */
export class Repeating {
  readonly #policy: RepeatPolicy;
  readonly #circumstances: Circumstances;
  readonly #endsAtMs: number;
  #tries: Tries = { inARow: 0, inAll: 0, sinceMs: 0 };

  /** @param circumstances needed where the policy has pauses, or a time */
  constructor(policy: RepeatPolicy, circumstances: Circumstances = timeless) {
    const { surroundings, patience } = circumstances;
    this.#policy = policy;
    this.#circumstances = circumstances;
    const { timeoutMs = 0 } = patience ?? {};
    this.#endsAtMs = timeoutMs > 0 ? surroundings.now() + timeoutMs : Number.POSITIVE_INFINITY;
  }

  /** What is left of the patience, for the next try. */
  get patience(): Patience {
    const { patience = {}, surroundings } = this.#circumstances;
    if (this.#endsAtMs === Number.POSITIVE_INFINITY) return patience;
    return { ...patience, timeoutMs: Math.max(this.#endsAtMs - surroundings.now(), 1) };
  }

  /** It got further than before: counting begins anew. */
  news(): void {
    this.#tries = { ...this.#tries, inARow: 0 };
  }

  /** Counts a setback, and says what to do about it. */
  judge(setback: Setback): Verdict {
    const { surroundings, wasThere = () => true } = this.#circumstances;
    const nowMs = surroundings.now();
    const { inARow, inAll, sinceMs } = this.#tries;
    this.#tries = { inARow: inARow + 1, inAll: inAll + 1, sinceMs: inARow === 0 ? nowMs : sinceMs };
    return judge(this.#policy, this.#tries, setback, {
      nowMs,
      random: surroundings.random(),
      wasThere: wasThere(),
      endsAtMs: this.#endsAtMs,
    });
  }

  /**
   * Waits before the next try.
   *
   * @throws the setback's cause where there is none
   */
  async after(setback: Setback): Promise<void> {
    const verdict = this.judge(setback);
    const isLeft = this.#circumstances.patience?.signal?.aborted === true;
    if (verdict.kind !== "again" || isLeft) throw setback.cause;
    await this.pause(verdict.afterMs);
  }

  /** Rejects with the reason of the patience's signal. */
  async pause(milliseconds: number): Promise<void> {
    const { surroundings, patience } = this.#circumstances;
    await surroundings.sleep(milliseconds, patience?.signal);
  }
}
