/** Choices that a seed decides, the same on every machine. */
export interface Chance {
  /** A whole number from 0 to `end - 1`. */
  below(end: number): number;
  /** True so often: 0 never, 1 always. */
  happens(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** One of the values, as often as its weight says among the weights. */
  weigh<T>(rows: readonly (readonly [weight: number, value: T])[]): T;
}

/** Mulberry32. */
export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    below,
    happens: (share) => next() < share,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    weigh: (rows) => {
      let left = next() * rows.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of rows) {
        left -= weight;
        if (left < 0) return value;
      }
      return (rows[0] as (typeof rows)[number])[1];
    },
  };
};
