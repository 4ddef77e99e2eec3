/**
 * Whether a text becomes another one by at most `max` edits: inserted, deleted, replaced, and swapped neighboring
 * characters, each pair once (optimal string alignment, as Lucene counts). The time is linear in the length.
 * @param max 1 or 2
 * @returns the number of edits; `undefined` if there are more
 */
export const countEdits = (a: readonly string[], b: readonly string[], max: number): number | undefined => {
  if (Math.abs(a.length - b.length) > max) return undefined;
  const none = max + 1;
  // Only cells at most `max` off the diagonal can count.
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = new Array<number>(b.length + 1).fill(none);
    if (i <= max) row[0] = i;
    let best = row[0] as number;
    for (let j = Math.max(1, i - max); j <= Math.min(b.length, i + max); j++) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(replaced, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, (beforeLast[j - 2] as number) + 1);
      row[j] = Math.min(edits, none);
      best = Math.min(best, edits);
    }
    if (best > max) return undefined;
    [beforeLast, last] = [last, row];
  }
  const edits = last[b.length] as number;
  return edits <= max ? edits : undefined;
};
