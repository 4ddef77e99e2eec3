/** Items in as few batches as two limits allow, in their order. One that is too large by itself is a batch of its own. */
export const inBatches = <Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  { most, bytes: largest }: BatchLimits,
): Item[][] => {
  const all: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    const last = all.at(-1);
    if (last === undefined || last.length === most || bytes + size > largest) {
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
  /** Items in one batch. */
  readonly most: number;
  /** Of all items in one batch. */
  readonly bytes: number;
}
