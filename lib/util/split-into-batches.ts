/** Splits items into as few batches as the limits allow, in order. An item above `maxBytes` gets a batch of its own. */
export const splitIntoBatches = <Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  { maxItems, maxBytes }: BatchLimits,
): Item[][] => {
  const all: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    const last = all.at(-1);
    if (last === undefined || last.length === maxItems || bytes + size > maxBytes) {
      all.push([item]);
      bytes = size;
    } else {
      last.push(item);
      bytes += size;
    }
  }
  return all;
};

export interface BatchLimits {
  /** Maximum number of items in one batch. */
  readonly maxItems: number;
  /** Maximum size of all items in one batch. */
  readonly maxBytes: number;
}
