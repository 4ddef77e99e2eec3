/** Creates a random number generator (mulberry32). The same seed gives the same numbers. */
export const createRandom = (seed: number) => {
  let state = seed >>> 0;
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    /** Returns an integer from 0 to `end` - 1. */
    below: (end: number): number => Math.floor(next() * end),
  };
};

export type Random = ReturnType<typeof createRandom>;
