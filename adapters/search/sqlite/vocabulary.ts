import { RE2JS } from "re2js";
import type { WordMatch } from "../../../core/search/clause.ts";
import { countWhile } from "../../../lib/util/count-while.ts";
import { countEdits } from "../../../lib/util/edit-distance.ts";
import type { Blocks } from "./blocks.ts";

/** A word that a match stands for, and the share of the score that it has. */
export interface ExpandedWord {
  readonly word: string;
  readonly weight: number;
}

/** The words of one field that are or were in the index. */
interface FieldWords {
  readonly known: Set<string>;
  /** In the order in which they were added. */
  readonly list: string[];
  /** In the order of JavaScript's `<`, made when it is first needed. */
  sorted: string[] | undefined;
  /** Words by their stem, by language. */
  readonly stems: Map<string, Map<string, string[]>>;
}

/** Returns the stem of a word in a language. */
export type StemWord = (word: string, language: string) => string;

/** Sorts after all words that begin with a prefix. */
const LAST = "\uffff";

/** The words of an index by field. Those of a field are read from the file when they are first needed. */
export class Vocabulary {
  readonly #blocks: Blocks;
  readonly #stem: StemWord;
  readonly #fields = new Map<number, FieldWords>();

  constructor(blocks: Blocks, stem: StemWord) {
    this.#blocks = blocks;
    this.#stem = stem;
  }

  /** Adds words of a document. */
  add(field: number, words: Iterable<string>): void {
    const found = this.#field(field);
    for (const word of words) {
      if (found.known.has(word)) continue;
      found.known.add(word);
      found.sorted?.splice(findStart(found.sorted, word), 0, word);
      for (const [language, stems] of found.stems) addTo(stems, this.#stem(word, language), word);
      const n = found.list.push(word) - 1;
      this.#blocks.markChanged("word", field, n, (start, end) => found.list.slice(start, end));
    }
  }

  /** The words of a field that a match stands for, in the order of words. */
  expand(field: number, match: WordMatch): ExpandedWord[] {
    const words = this.#field(field);
    switch (match.how) {
      case "word":
        return words.known.has(match.word) ? [full(match.word)] : [];
      case "anyOf":
        return [...new Set(match.words)].filter((word) => words.known.has(word)).map(full);
      case "prefix":
        return withPrefix(words, match.word).map(full);
      case "stem":
        return (this.#stems(words, match.language).get(match.stem) ?? []).map(full);
      case "fuzzy":
        return findSimilar(words, match);
      case "pattern": {
        const pattern = RE2JS.compile(match.source, RE2JS.DOTALL);
        return withPrefix(words, literalPrefix(match.source))
          .filter((word) => pattern.matches(word))
          .map(full);
      }
    }
  }

  #field(field: number): FieldWords {
    let words = this.#fields.get(field);
    if (words === undefined) {
      const list = [...this.#blocks.readAll("word", field)] as string[];
      words = { known: new Set(list), list, sorted: undefined, stems: new Map() };
      this.#fields.set(field, words);
    }
    return words;
  }

  #stems(words: FieldWords, language: string): ReadonlyMap<string, string[]> {
    let stems = words.stems.get(language);
    if (stems === undefined) {
      stems = Map.groupBy(words.known, (word) => this.#stem(word, language));
      words.stems.set(language, stems);
    }
    return stems;
  }
}

const full = (word: string): ExpandedWord => ({ word, weight: 1 });

const addTo = (groups: Map<string, string[]>, key: string, word: string): void => {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [word]);
  else group.push(word);
};

const withPrefix = (words: FieldWords, prefix: string): string[] => {
  words.sorted ??= [...words.known].sort();
  if (prefix === "") return words.sorted;
  return words.sorted.slice(findStart(words.sorted, prefix), findStart(words.sorted, prefix + LAST));
};

/** The position of the first word that is not below a text. */
const findStart = (sorted: readonly string[], text: string): number => countWhile(sorted, (word) => word < text);

const findSimilar = (
  words: FieldWords,
  { word, edits, prefixLength }: Extract<WordMatch, { how: "fuzzy" }>,
): ExpandedWord[] => {
  const characters = [...word];
  const maxUnits = word.length + 2 * edits;
  return withPrefix(words, characters.slice(0, prefixLength).join("")).flatMap((one) => {
    if (one.length > maxUnits || one.length * 2 < word.length - 2 * edits) return [];
    const other = [...one];
    const found = countEdits(characters, other, edits);
    // As Lucene does.
    return found === undefined
      ? []
      : { word: one, weight: Math.max(0.01, 1 - found / Math.min(characters.length, other.length)) };
  });
};

/** Whether a pattern has alternatives outside of groups. */
const hasOuterChoice = (source: string): boolean => {
  let depth = 0;
  for (const [part] of source.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[()|]/g)) {
    if (part === "(") depth++;
    else if (part === ")") depth--;
    else if (part === "|" && depth === 0) return true;
  }
  return false;
};

/** The characters with which all matches of a pattern begin, as far as that is easy to see. */
const literalPrefix = (source: string): string => {
  const [, prefix = "", next = ""] = /^\^?([\p{L}\p{N}]*)(.?)/u.exec(source) ?? [];
  if (hasOuterChoice(source)) return "";
  return /[*?{]/.test(next) ? [...prefix].slice(0, -1).join("") : prefix;
};
