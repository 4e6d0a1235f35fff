/** One timer for any number of waiting things. */

/** Runs `run` once after `ms` milliseconds; returns what takes it back. */
export type SetTimer = (run: () => void, ms: number) => () => void;

export interface TimerWheelOptions<T> {
  /** Milliseconds that never go backwards. */
  readonly clock: () => number;
  readonly setTimer: SetTimer;
  /** The finest step, in milliseconds: things are due at its multiples, never early. */
  readonly tickMs: number;
  /** Called for each thing that is due, which has left the wheel by then. Must not throw. */
  readonly due: (thing: T) => void;
}

export interface TimerWheel<T> {
  /** Puts a thing in, or moves it, to be due in `ms` milliseconds. */
  put(thing: T, ms: number): void;
  take(thing: T): void;
  readonly size: number;
}

/** The wheel turns at least this often while anything is in it, in milliseconds: bounds the search for what is next. */
const longestSleepMs = 1_000;

/** The most things in one turn; the others follow when the event loop has had its turn. */
const batch = 500;

/**
 * A wheel that stands still while it is empty. Putting, moving and taking cost the same however many things are in it.
 */
export function createTimerWheel<T extends object>(options: TimerWheelOptions<T>): TimerWheel<T> {
  const { clock, setTimer, tickMs, due } = options;
  const slots = new Map<number, Set<T>>();
  const tickOf = new Map<T, number>();
  const ticksAhead = Math.max(1, Math.ceil(longestSleepMs / tickMs));
  /** Every tick before this one is done. */
  let next = 0;
  let timer: { readonly tick: number; readonly cancel: () => void } | undefined;

  const put = (thing: T, ms: number): void => {
    const now = clock();
    if (tickOf.size === 0) next = Math.floor(now / tickMs);
    take(thing, false);
    // Never the tick that is being worked on: what puts itself back at once would hold up the rest.
    const tick = Math.max(Math.floor(now / tickMs) + 1, Math.ceil((now + ms) / tickMs));
    const slot = slots.get(tick);
    if (slot === undefined) slots.set(tick, new Set([thing]));
    else slot.add(thing);
    tickOf.set(thing, tick);
    arm(tick);
  };

  const take = (thing: T, last = true): void => {
    const tick = tickOf.get(thing);
    if (tick === undefined) return;
    tickOf.delete(thing);
    const slot = slots.get(tick);
    slot?.delete(thing);
    if (slot?.size === 0) slots.delete(tick);
    if (last && tickOf.size === 0) disarm();
  };

  const arm = (tick: number): void => {
    if (timer !== undefined && timer.tick <= tick) return;
    disarm();
    timer = { tick, cancel: setTimer(turn, Math.max(0, Math.min(tick * tickMs - clock(), longestSleepMs))) };
  };

  const disarm = (): void => {
    timer?.cancel();
    timer = undefined;
  };

  const turn = (): void => {
    timer = undefined;
    const now = Math.floor(clock() / tickMs);
    let room = batch;
    for (const tick of ticksUntil(now)) {
      for (const thing of slots.get(tick) ?? []) {
        if (room === 0) {
          arm(now);
          return;
        }
        room -= 1;
        take(thing, false);
        due(thing);
      }
      next = tick + 1;
    }
    next = Math.max(next, now);
    if (tickOf.size === 0) {
      disarm();
      return;
    }
    let tick = next;
    while (!slots.has(tick) && tick < next + ticksAhead) tick += 1;
    arm(tick);
  };

  /** The ticks up to `now` that have something in them, in order. */
  const ticksUntil = (now: number): readonly number[] => {
    if (now - next > slots.size) return [...slots.keys()].filter((tick) => tick <= now).sort((a, b) => a - b);
    const ticks: number[] = [];
    for (let tick = next; tick <= now; tick += 1) if (slots.has(tick)) ticks.push(tick);
    return ticks;
  };

  return {
    put,
    take: (thing) => take(thing),
    get size() {
      return tickOf.size;
    },
  };
}
