import type { Awaitable } from "@meanwhile/server/store";

/** Makes a call, and on its failure something else; a call that succeeds at once is answered at once. */
export function afterFailure<Value>(
  call: () => Awaitable<Value>,
  failed: (error: unknown) => Promise<Value>,
): Awaitable<Value> {
  try {
    const made = call();
    return made instanceof Promise ? made.catch(failed) : made;
  } catch (error) {
    return failed(error);
  }
}
