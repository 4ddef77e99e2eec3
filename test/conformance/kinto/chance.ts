import { random } from "../../random.ts";

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

export const chanceOf = (seed: number): Chance => {
  const { next, below } = random(seed);
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
