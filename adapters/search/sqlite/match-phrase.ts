import type { FieldColumn } from "./field-column.ts";
import type { WordSource } from "./match-words.ts";
import { type PostingsReader, toSeparator, toToken } from "./postings.ts";
import type { PhraseMatch } from "./segment.ts";

/** Maximum number of words that the last word of a phrase is the begin of. */
const MAX_LAST_WORDS = 50;

/** Positions by document. */
type Positions = ReadonlyMap<number, readonly number[]>;

/**
 * Finds documents whose words are at most `slop` positions from where the phrase has them, in any order, as Lucene does:
 * two swapped words are 2 positions off. Counts less the further they are off.
 */
export const findSloppyPhrases = (
  { postings, vocabulary }: WordSource,
  { number: field }: FieldColumn,
  { words, slop, lastIsPrefix }: PhraseMatch,
): [doc: number, count: number][] => {
  const positions = words.map((word, n) => {
    const isPrefix = lastIsPrefix && n === words.length - 1;
    const expanded = isPrefix ? vocabulary.expand(field, { how: "prefix", word }).slice(0, MAX_LAST_WORDS) : [{ word }];
    return readPositions(
      postings,
      expanded.map((one) => toToken(field, one.word)),
    );
  });
  const separators = readPositions(postings, [toSeparator(field)]);
  const [rarest, ...others] = positions.toSorted((a, b) => a.size - b.size);
  return [...(rarest?.keys() ?? [])].flatMap((doc): [number, number][] => {
    if (others.some((one) => !one.has(doc))) return [];
    const count = countPhrases(
      positions.map((one) => one.get(doc) ?? []),
      slop,
      separators.get(doc) ?? [],
    );
    return count === 0 ? [] : [[doc, count]];
  });
};

const readPositions = (postings: PostingsReader, tokens: readonly string[]): Positions => {
  const found = new Map<number, number[]>();
  for (const token of tokens) {
    const { docs, offsets } = postings.readPlaces(token);
    for (let i = 0; i < docs.length; i++) {
      const positions = found.get(docs[i] as number);
      if (positions === undefined) found.set(docs[i] as number, [offsets[i] as number]);
      else positions.push(offsets[i] as number);
    }
  }
  if (tokens.length > 1) for (const positions of found.values()) positions.sort((a, b) => a - b);
  return found;
};

/**
 * Moves through the positions of all words together. In each step the word that is furthest behind goes on.
 * @param separators positions between texts, which a phrase does not span
 */
const countPhrases = (
  positions: readonly (readonly number[])[],
  slop: number,
  separators: readonly number[],
): number => {
  const at = positions.map(() => 0);
  const place = (n: number): number => positions[n]?.[at[n] as number] as number;
  let count = 0;
  for (;;) {
    let [first, last] = [0, 0];
    for (let n = 1; n < positions.length; n++) {
      if (place(n) - n < place(first) - first) first = n;
      if (place(n) - n > place(last) - last) last = n;
    }
    const moved = place(last) - last - (place(first) - first);
    if (
      moved <= slop &&
      isOnePhrase(
        at.map((_, n) => place(n)),
        separators,
      )
    )
      count += 1 / (1 + moved);
    at[first] = (at[first] as number) + 1;
    if ((at[first] as number) >= (positions[first]?.length ?? 0)) return count;
  }
};

/** Whether words are at different places of one text. */
const isOnePhrase = (places: readonly number[], separators: readonly number[]): boolean => {
  const [first, last] = [Math.min(...places), Math.max(...places)];
  return new Set(places).size === places.length && !separators.some((one) => one > first && one < last);
};
