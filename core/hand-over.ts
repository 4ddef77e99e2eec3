import { setTimeout as sleep } from "node:timers/promises";

/** What a service did not take. */
export interface Refusal<Item> {
  readonly item: Item;
  readonly why: string;
  /** Whether the service, and not the item, is what was wrong. */
  readonly passing: boolean;
}

/** ms until what could not be taken just now is handed over once more. */
const WAITS = [200, 1000];

/** Hands items over, and once more those that could not be taken just now. @param send hands over as many as it can @returns what was not taken in the end */
export const handOver = async <Item>(
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<readonly Refusal<Item>[]>,
): Promise<readonly Refusal<Item>[]> => {
  let refused = await send(items);
  for (const wait of WAITS) {
    const passing = refused.filter((one) => one.passing);
    if (passing.length === 0) break;
    await sleep(wait);
    refused = [...refused.filter((one) => !one.passing), ...(await send(passing.map(({ item }) => item)))];
  }
  return refused;
};
