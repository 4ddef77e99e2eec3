import { setTimeout as sleep } from "node:timers/promises";

/** An item that the receiver rejected. */
export interface Rejection<Item> {
  readonly item: Item;
  /** Whether a retry may succeed: the receiver failed and not the item. */
  readonly transient: boolean;
}

/** Delays before retries, in ms. */
const RETRY_DELAYS_MS = [200, 1000];

/**
 * Sends items, and retries those with transient rejections.
 *
 * @param send Sends items and returns those that were rejected.
 * @param delaysMs One retry is made after each of these delays.
 * @returns The items that were still rejected after the last retry.
 */
export const sendWithRetries = async <Item, Rejected extends Rejection<Item>>(
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<readonly Rejected[]>,
  delaysMs: readonly number[] = RETRY_DELAYS_MS,
): Promise<readonly Rejected[]> => {
  let rejected = items.length === 0 ? [] : await send(items);
  for (const delay of delaysMs) {
    const transient = rejected.filter((rejection) => rejection.transient);
    if (transient.length === 0) break;
    await sleep(delay);
    rejected = [
      ...rejected.filter((rejection) => !rejection.transient),
      ...(await send(transient.map(({ item }) => item))),
    ];
  }
  return rejected;
};
