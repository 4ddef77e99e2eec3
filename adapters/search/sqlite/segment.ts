import type { WordMatch } from "../../../core/search/clause.ts";
import type { DocSet } from "./doc-set.ts";

/**
 * The index of one collection at one time, as the evaluation of clauses and aggregations sees it. It does not change
 * during a search.
 */
export interface Segment {
  /** Document numbers are below it; some have no document. */
  readonly size: number;
  /** The numbers that have a document. Do not change it. */
  readonly docs: DocSet;
  idOf(doc: number): string;
  docOf(id: string): number | undefined;
  /** The scalars at a path; `undefined` if no document has any. */
  column(path: string): Column | undefined;
  /** The paths of all fields. */
  paths(): Iterable<string>;
  /** @param path `null` for any field: the best one counts */
  matchWord(path: string | null, match: WordMatch, scored: boolean): DocScores;
  matchPhrase(path: string | null, phrase: PhraseMatch): DocScores;
  /** The words of the index that match, those of most documents first. */
  expand(path: string | null, match: WordMatch, limit: number): readonly VocabularyWord[];
  /** The items of arrays of objects at a path that is declared as nested. Their paths are those from the document. */
  nested(path: string): NestedSegment | undefined;
}

export interface PhraseMatch {
  readonly words: readonly string[];
  /** Number of positions that words may be moved by. */
  readonly slop: number;
  readonly lastIsPrefix: boolean;
}

export interface VocabularyWord {
  readonly word: string;
  /** Number of documents that have the word. */
  readonly docs: number;
}

/** The items as documents of their own. */
export interface NestedSegment {
  readonly items: Segment;
  /** The number of the document that has the item, in the outer segment. */
  parentOf(item: number): number;
}

/** The values of all documents at one path. Values are numbered from 0, in no order. */
export interface Column {
  /** The numbers of a document's values, each once; empty if it has none. */
  valuesOf(doc: number): ArrayLike<number>;
  /** Calls `visit` with each value of each document, in the order of the documents. Faster than {@link valuesOf}. */
  visitValues(docs: ArrayLike<number>, visit: (n: number, doc: number) => void): void;
  /** The text of a value, as by `encodeValue`. */
  value(n: number): string;
  /** Value numbers are below it. Some may have no document any more. */
  readonly count: number;
  /** Whether a value is a string that is a date: its documents also have the value of the date. */
  isDateText(n: number): boolean;
  /** The number of a text, as by `encodeValue`; `undefined` if no document has it. */
  numberOf(text: string): number | undefined;
  /** Adds the documents that have a wanted value, items of nested arrays included. */
  addDocs(isWanted: (n: number) => boolean, docs: DocSet): void;
  /** Adds the documents that have anything but null at the path, even without a value. */
  addPresentDocs(docs: DocSet): void;
  /**
   * What numeric aggregations compute with: numbers, dates as milliseconds since 1970, and NaN for other values. Computed on
   * first use, then kept until the index changes.
   */
  numbers(): Float64Array;
}

/** Documents and their scores. */
export interface DocScores {
  readonly docs: DocSet;
  /** By document number; `undefined` when each has the score 1. */
  readonly scores: Float32Array | undefined;
}
