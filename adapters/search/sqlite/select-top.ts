/**
 * The first numbers below `count` in an order, sorted. Takes time for `count` times the logarithm of `size`.
 * @param compare orders two numbers, as for `Array.prototype.sort`
 */
export const selectTop = (count: number, size: number, compare: (a: number, b: number) => number): number[] => {
  // A heap whose root is the last of those that are kept.
  const heap: number[] = [];
  const sink = (root: number): void => {
    let at = root;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && compare(heap[right] as number, heap[left] as number) > 0 ? right : left;
      if (compare(heap[child] as number, heap[at] as number) <= 0) return;
      [heap[at], heap[child]] = [heap[child] as number, heap[at] as number];
      at = child;
    }
  };
  for (let item = 0; item < count; item++) {
    if (heap.length < size) {
      heap.push(item);
      if (heap.length === size) for (let root = (size >>> 1) - 1; root >= 0; root--) sink(root);
    } else if (size > 0 && compare(item, heap[0] as number) < 0) {
      heap[0] = item;
      sink(0);
    }
  }
  return heap.sort(compare);
};
