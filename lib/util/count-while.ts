/**
 * Returns the number of items at the start of a sorted list for which a condition holds. It must hold for none after the
 * first for which it does not.
 * @example
 * countWhile([1, 3, 5], (item) => item < 4); // 2
 */
export const countWhile = <Item>(sorted: readonly Item[], holds: (item: Item) => boolean): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] as Item)) low = middle + 1;
    else high = middle;
  }
  return low;
};
