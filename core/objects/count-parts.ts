import type { ReadBudget } from "../store/read-budget.ts";

/** Maximum number of parts of what is shared with a user that are counted. Each takes a call per group of the user. */
const MAX_COUNTED_PARTS = 10;

/** The number of objects in a part, `undefined` if it is not known, and where the next part starts. */
interface CountedPart<Place> {
  readonly count: number | undefined;
  readonly next: Place | undefined;
}

/** Adds up the numbers of all parts. Returns `undefined` if one is not known, or if there are too many parts. */
export const countParts = async <Place>(
  countPart: (place: Place | undefined) => Promise<CountedPart<Place>>,
  budget: ReadBudget,
): Promise<number | undefined> => {
  let total = 0;
  let place: Place | undefined;
  for (let parts = 1; ; parts++) {
    const { count, next } = await countPart(place);
    if (count === undefined) return undefined;
    total += count;
    if (next === undefined) return total;
    if (budget.isSpent || parts === MAX_COUNTED_PARTS) return undefined;
    place = next;
  }
};
