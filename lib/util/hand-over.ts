import { setTimeout as sleep } from "node:timers/promises";

/** What was not taken. */
export interface Refusal<Item> {
  readonly item: Item;
  /** Whether the one who was to take it, and not the item, is what was wrong. */
  readonly passing: boolean;
}

/** ms until what a service could not take just now is handed over once more. */
const WAITS = [200, 1000];

/** Hands items over, and once more those that could not be taken just now. @param send hands over as many as it can @returns what was not taken in the end */
export const handOver = async <Item, Refused extends Refusal<Item>>(
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<readonly Refused[]>,
  waits: readonly number[] = WAITS,
): Promise<readonly Refused[]> => {
  let refused = items.length === 0 ? [] : await send(items);
  for (const wait of waits) {
    const passing = refused.filter((one) => one.passing);
    if (passing.length === 0) break;
    await sleep(wait);
    refused = [...refused.filter((one) => !one.passing), ...(await send(passing.map(({ item }) => item)))];
  }
  return refused;
};
