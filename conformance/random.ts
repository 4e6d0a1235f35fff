/** A small generator of random numbers from 0 to below 1 (mulberry32): the same seed gives the same ones. */
export function pseudoRandom(seed: number): () => number {
  let at = seed;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Of the rounds of this run; MEANWHILE_SEED repeats those of another. */
export const seed: number = Number(process.env["MEANWHILE_SEED"] ?? Date.now() % 1_000_000);
