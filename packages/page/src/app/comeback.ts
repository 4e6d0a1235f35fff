/** Pauses after a lost connection, before something is tried again: longer ones each time, and none while the browser is offline. */

/** Milliseconds before the second try, the third, and so on: two minutes in all. */
const pausesMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 30_000, 30_000];

export interface ComebackOptions {
  /** Whether it is tried for as long as the page is open. Default: no. */
  readonly unending?: boolean;
  /** Default: the browser's timers. */
  readonly pause?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** The tries of one thing. */
export class Comeback {
  readonly #options: ComebackOptions;
  #tries = 0;

  constructor(options: ComebackOptions = {}) {
    this.#options = options;
  }

  /** Waits until another try may do better. @returns whether there is to be one */
  async wait(signal?: AbortSignal): Promise<boolean> {
    const { unending = false, pause = untilOnline } = this.#options;
    const milliseconds = pausesMs[this.#tries] ?? (unending ? pausesMs.at(-1) : undefined);
    if (milliseconds === undefined || isOver(signal)) return false;
    this.#tries += 1;
    await pause(milliseconds, signal);
    return !isOver(signal);
  }
}

function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** `fetch`, once more after each loss: for what does no harm if it is done twice. @throws what the last try threw */
export async function fetchAgain(fetch: () => Promise<Response>): Promise<Response> {
  const comeback = new Comeback();
  for (;;) {
    try {
      return await fetch();
    } catch (error) {
      if (!(await comeback.wait())) throw error;
    }
  }
}

/** So long, or until the network is there again; while there is none, however long that is. */
function untilOnline(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(() => {
      if (navigator.onLine) end();
    }, milliseconds);
    addEventListener("online", end);
    signal?.addEventListener("abort", end);
  });
}
