import { createRandom } from "../../random.ts";

/** Random choices that depend only on a seed. */
export interface RandomSource {
  /** Returns an integer from 0 to `end - 1`. */
  below(end: number): number;
  /** Returns true with this probability: 0 is never, 1 is always. */
  happens(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Picks one of the values with a probability proportional to its weight. */
  pickWeighted<T>(rows: readonly (readonly [weight: number, value: T])[]): T;
}

export const createRandomSource = (seed: number): RandomSource => {
  const { next, below } = createRandom(seed);
  return {
    below,
    happens: (share) => next() < share,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    pickWeighted: (rows) => {
      let left = next() * rows.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of rows) {
        left -= weight;
        if (left < 0) return value;
      }
      return (rows[0] as (typeof rows)[number])[1];
    },
  };
};
