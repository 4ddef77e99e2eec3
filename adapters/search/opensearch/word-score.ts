import type { JsonObject } from "../../../lib/json.ts";

/** Lucene's `k1` and `b`. */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;

/** How often words occur in what is searched. */
export interface WordStatistics {
  /** Number of documents that have the field. */
  readonly documents: number;
  /** Number of documents that have the word. */
  readonly matches: number;
}

/** A weight has 24 bits, which a boost keeps exactly: 13 of the rarity, and 11 of the logarithm of the average length. */
const RARITY = { steps: 512, max: 8191 };
const LENGTH = { steps: 128, max: 2047 };

/** How rare a word is, as in Lucene. */
export const toRarity = ({ documents, matches }: WordStatistics): number =>
  Math.log(1 + (Math.max(documents, matches) - matches + 0.5) / (matches + 0.5));

/** The score of a word that occurs once in a field of average length. */
export const toAverageScore = (rarity: number): number => rarity / (1 + SATURATION);

/**
 * Encodes rarity and the average number of words of a field as the boost of a word. {@link WORD_SIMILARITY} decodes it.
 */
export const toWeight = (rarity: number, length: number): number =>
  toSteps(rarity, RARITY) * (LENGTH.max + 1) + toSteps(Math.log(Math.max(1, length)), LENGTH);

const toSteps = (value: number, { steps, max }: typeof RARITY): number =>
  Math.min(max, Math.max(0, Math.round(value * steps)));

/**
 * Lucene's BM25 with the statistics of what is searched. Those of the index would mix all fields and collections, and show
 * by scores which words other collections have.
 */
export const WORD_SIMILARITY: JsonObject = {
  type: "scripted",
  script: {
    source: [
      `double rarity = Math.floor(query.boost / ${LENGTH.max + 1}) / ${RARITY.steps};`,
      `double length = Math.exp((query.boost % ${LENGTH.max + 1}) / ${LENGTH.steps});`,
      `double norm = ${SATURATION * (1 - LENGTH_WEIGHT)} + ${SATURATION * LENGTH_WEIGHT} * doc.length / length;`,
      "return rarity * doc.freq / (doc.freq + norm);",
    ].join(" "),
  },
};
