import type { SuggestedWord, SuggestedWords, Suggester, TermSuggester } from "../../../core/search/suggest.ts";
import { countEdits } from "../../../lib/util/edit-distance.ts";
import type { Segment } from "./segment.ts";

/** Maximum number of similar words that are looked at for a word. */
const MAX_CANDIDATES = 200;

/** The words that are suggested for those of each `term` suggester, by its name. */
export const suggestWords = (
  segments: readonly Segment[],
  suggesters: readonly Suggester[],
): Readonly<Record<string, SuggestedWords>> =>
  Object.fromEntries(
    suggesters.flatMap((suggester) =>
      suggester.is === "term"
        ? [[suggester.name, suggester.words.map(({ word }) => suggestFor(segments, suggester, word))]]
        : [],
    ),
  );

const suggestFor = (segments: readonly Segment[], suggester: TermSuggester, word: string): readonly SuggestedWord[] => {
  const { path, edits, prefixLength, minWordLength } = suggester;
  const counts = new Map<string, number>();
  if ([...word].length < minWordLength) return [];
  for (const segment of segments)
    for (const one of segment.expand(path, { how: "fuzzy", word, edits, prefixLength }, MAX_CANDIDATES))
      counts.set(one.word, (counts.get(one.word) ?? 0) + one.docs);
  return rankSuggestions(suggester, word, counts);
};

/** The suggestions for a word. @param counts the numbers of records by similar words, the word itself included */
export const rankSuggestions = (
  { size, edits, mode, sort }: TermSuggester,
  word: string,
  counts: ReadonlyMap<string, number>,
): readonly SuggestedWord[] => {
  const letters = [...word];
  const own = counts.get(word) ?? 0;
  if (mode === "missing" && own > 0) return [];
  const toWord = (text: string, freq: number): SuggestedWord => {
    const other = [...text];
    const differing = countEdits(letters, other, edits) ?? edits;
    return { text, freq, score: 1 - differing / Math.min(letters.length, other.length) };
  };
  return Array.from(counts, ([text, freq]) => toWord(text, freq))
    .filter(({ text, freq }) => text !== word && (mode !== "popular" || freq > own))
    .sort(
      (a, b) =>
        (sort === "score" ? b.score - a.score || b.freq - a.freq : b.freq - a.freq || b.score - a.score) ||
        (a.text < b.text ? -1 : 1),
    )
    .slice(0, size);
};
