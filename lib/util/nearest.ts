/** The known name that was probably meant, or `undefined` when none is near. */
export const nearest = (name: string, known: Iterable<string>): string | undefined => {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least || name.length > 100) continue;
    const distance = edits(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
};

/** Ends a message with what was probably meant, or with all there is. */
export const didYouMean = (name: string, known: readonly string[]): string => {
  const meant = nearest(name, known);
  return meant === undefined ? `There are: ${known.join(", ") || "none"}.` : `Did you mean '${meant}'?`;
};

/** Insertions, deletions and replacements that make one of the other (Levenshtein). */
const edits = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(
        (next[j - 1] as number) + 1,
        (row[j] as number) + 1,
        (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    }
    row = next;
  }
  return row[b.length] as number;
};
