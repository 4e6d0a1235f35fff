/** Waits until what is on its way through this machine has arrived. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until what is counted, from 0 on, has begun and grows no more. */
export async function standsStill(count: () => number): Promise<void> {
  for (let seen = -1; seen !== count() || seen === 0; ) {
    seen = count();
    await settled();
  }
}
