import type { WordMatch } from "../../../core/search/clause.ts";
import { DocSet } from "./doc-set.ts";
import type { FieldColumn } from "./field-column.ts";
import { findSloppyPhrases } from "./match-phrase.ts";
import type { PostingsReader } from "./postings.ts";
import type { DocScores, PhraseMatch } from "./segment.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What words are matched in: the fields with words, by path, and where their words are. */
export interface WordSource {
  readonly size: number;
  readonly postings: PostingsReader;
  readonly vocabulary: Vocabulary;
  /** @param path `null` for all fields */
  textFields(path: string | null): readonly FieldColumn[];
}

/** BM25 as in Lucene: how soon further occurrences of a word count less, and what the length of a text counts. */
const K1 = 1.2;
const B = 0.75;

/** How rare a word is, as in Lucene. @param docs those that have the field @param matching those that have the word */
const rarity = (docs: number, matching: number): number => Math.log(1 + (docs - matching + 0.5) / (matching + 0.5));

const relevance = ({ texts: { docs, words } }: FieldColumn, idf: number, count: number, length: number): number =>
  (idf * count) / (count + K1 * (1 - B + (B * roundLength(length) * docs) / words));

/** Lengths from 40 words on are rounded down to four bits above 24, as in Lucene, so that both engines rank alike. */
const roundLength = (length: number): number => {
  if (length < 40) return length;
  const shift = 28 - Math.clz32(length - 24);
  return 24 + (((length - 24) >> shift) << shift);
};

/** The documents that have a word; scored by the BM25 of the field where that is the best. */
export const matchWord = (source: WordSource, path: string | null, match: WordMatch, scored: boolean): DocScores => {
  const docs = new DocSet(source.size);
  const scores = scored ? new Float32Array(source.size) : undefined;
  for (const field of source.textFields(path)) {
    const words = source.vocabulary.expand(field.number, match);
    if (scores === undefined) {
      for (const { word } of words) for (const doc of source.postings.read(field.number, word).docs) docs.add(doc);
    } else if (words.length > 0) {
      scoreWords(source, field, words, docs, scores);
    }
  }
  return { docs, scores };
};

/** Scores words as if they were one, which each document has as often as all of them. */
const scoreWords = (
  { postings, size }: WordSource,
  field: FieldColumn,
  words: readonly { readonly word: string; readonly weight: number }[],
  docs: DocSet,
  scores: Float32Array,
): void => {
  const [only] = words;
  if (words.length === 1 && only !== undefined) {
    const found = postings.read(field.number, only.word);
    const idf = rarity(field.texts.docs, found.docs.length) * only.weight;
    for (let i = 0; i < found.docs.length; i++) {
      const doc = found.docs[i] as number;
      docs.add(doc);
      const score = relevance(field, idf, found.counts[i] as number, field.lengthOf(doc));
      if (score > (scores[doc] as number)) scores[doc] = score;
    }
    return;
  }
  const counts = new Float32Array(size);
  const matching = new DocSet(size);
  for (const { word, weight } of words) {
    const found = postings.read(field.number, word);
    for (let i = 0; i < found.docs.length; i++) {
      const doc = found.docs[i] as number;
      matching.add(doc);
      counts[doc] = (counts[doc] as number) + weight * (found.counts[i] as number);
    }
  }
  const idf = rarity(field.texts.docs, matching.count());
  matching.forEach((doc) => {
    docs.add(doc);
    const score = relevance(field, idf, counts[doc] as number, field.lengthOf(doc));
    if (score > (scores[doc] as number)) scores[doc] = score;
  });
};

/** The documents that have a phrase; scored like a word that is as rare as the phrase's words together. */
export const matchPhrase = (source: WordSource, path: string | null, phrase: PhraseMatch): DocScores => {
  const docs = new DocSet(source.size);
  const scores = new Float32Array(source.size);
  const { words, slop, lastIsPrefix } = phrase;
  if (words.length === 0) return { docs, scores };
  for (const field of source.textFields(path)) {
    const found: readonly (readonly [doc: number, count: number])[] =
      slop === 0
        ? source.postings.findPhrase(field.number, words, lastIsPrefix).map((doc) => [doc, 1])
        : findSloppyPhrases(source, field, phrase);
    if (found.length === 0) continue;
    const idf = words.reduce((sum, word, n) => {
      const matching =
        n === words.length - 1 && lastIsPrefix ? found.length : source.postings.read(field.number, word).docs.length;
      return sum + rarity(field.texts.docs, matching);
    }, 0);
    for (const [doc, count] of found) {
      docs.add(doc);
      scores[doc] = Math.max(scores[doc] as number, relevance(field, idf, count, field.lengthOf(doc)));
    }
  }
  return { docs, scores };
};
