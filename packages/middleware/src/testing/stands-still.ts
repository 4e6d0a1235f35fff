/** Resolves when a number that has begun to grow grows no more: it has not in a hundred turns of the event loop. */
export async function standsStill(number: () => number): Promise<void> {
  for (let before = 0, turns = 0; turns < 100; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (number() !== before || before === 0) turns = 0;
    before = number();
  }
}
