/** A long request that does what a test says. */
import { CancelledError, DetachedError, type LongRequest, type RequestProgress } from "@meanwhile/client";

export interface TestRequest<Outcome> extends LongRequest<Outcome> {
  /** What was asked of it, in order. */
  readonly calls: readonly ("cancel" | "detach")[];
  tell(progress: RequestProgress): Promise<void>;
  end(outcome: Outcome): void;
  fail(error: unknown): void;
}

/** @param url its status document, if the server told */
export function testRequest<Outcome>(url?: URL): TestRequest<Outcome> {
  const calls: ("cancel" | "detach")[] = [];
  const news: RequestProgress[] = [];
  let wake = (): void => {};
  let ended = false;
  let settle: { resolve(outcome: Outcome): void; reject(error: unknown): void } | undefined;
  const outcome = new Promise<Outcome>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const over = (): void => {
    ended = true;
    wake();
  };
  return {
    calls,
    url,
    outcome,
    progress: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          for (let next = news.shift(); next !== undefined; next = news.shift()) yield next;
          if (ended) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
    },
    async cancel() {
      calls.push("cancel");
      settle?.reject(new CancelledError(url));
      over();
    },
    detach() {
      calls.push("detach");
      settle?.reject(new DetachedError(url));
      over();
      return url;
    },
    async tell(progress) {
      news.push(progress);
      wake();
      // Whoever reads the news has them after the microtasks that are due now.
      await new Promise((resolve) => setImmediate(resolve));
    },
    end(result) {
      settle?.resolve(result);
      over();
    },
    fail(error) {
      settle?.reject(error);
      over();
    },
  };
}
