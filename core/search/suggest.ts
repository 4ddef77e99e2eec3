import type { Json, JsonObject } from "../../lib/json.ts";
import { locateWords, type TextWord } from "./analysis/words.ts";
import { allowEditsFrom, type Edits, type Fuzziness, parseFuzziness } from "./match-options.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readChoice,
  readCount,
  readField,
  readObject,
  readString,
  searchIssue,
} from "./read-body.ts";
import { sanitizeText } from "./values.ts";

/** What is suggested beside the hits. */
export type Suggester = TermSuggester | CompletionSuggester;

/** Suggests other words of a field for those of a text. */
export interface TermSuggester {
  readonly is: "term";
  readonly name: string;
  readonly path: string;
  /** The words of the text, with their places in it. */
  readonly words: readonly TextWord[];
  /** The text of each word, as it was written. */
  readonly texts: readonly string[];
  /** Maximum number of suggestions for a word. */
  readonly size: number;
  readonly edits: 1 | 2;
  /** Number of code points at the start that suggestions share with the word. */
  readonly prefixLength: number;
  /** Words with fewer code points get no suggestions. */
  readonly minWordLength: number;
  /** `missing`: only for words that the field does not have; `popular`: only more frequent words; `always`. */
  readonly mode: "missing" | "popular" | "always";
  readonly sort: "score" | "frequency";
}

/** Suggests the texts of a field that begin with a text. */
export interface CompletionSuggester {
  readonly is: "completion";
  readonly name: string;
  readonly path: string;
  readonly prefix: string;
  readonly size: number;
  readonly skipDuplicates: boolean;
  /** Number of typing errors that the last word may have. */
  readonly edits: Edits;
}

/** A word that an engine suggests. */
export interface SuggestedWord {
  readonly text: string;
  /** From 0 to 1: 1 less the share of letters that differ. */
  readonly score: number;
  /** Number of records that have it in the field. */
  readonly freq: number;
}

/** The suggestions of a {@link TermSuggester}, for each of its words. */
export type SuggestedWords = readonly (readonly SuggestedWord[])[];

const MAX_SUGGESTERS = 8;
const MAX_TEXT_UNITS = 1000;
const MAX_WORDS = 32;
const MAX_SIZE = 100;

/** `{"spelling": {"text": "clod", "term": {"field": "title"}}, "titles": {"prefix": "oce", "completion": {"field": "title"}}}` */
export const parseSuggest = (value: Json | undefined, path: string): readonly Suggester[] => {
  if (value === undefined) return [];
  const { text, ...suggesters } = readObject(value, path);
  const entries = Object.entries(suggesters);
  if (entries.length > MAX_SUGGESTERS) throw searchIssue(path, `must have at most ${MAX_SUGGESTERS} suggesters`);
  return entries.map(([name, spec]) => parseSuggester(name, spec, joinPath(path, name), text));
};

const parseSuggester = (name: string, value: Json, path: string, sharedText: Json | undefined): Suggester => {
  const spec = readObject(value, path, ["text", "prefix", "term", "completion"]);
  const kinds = ["term", "completion"].filter((kind) => Object.hasOwn(spec, kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    throw searchIssue(path, 'must have one of term and completion, for example {"term": {"field": "title"}}');
  const textKey = Object.hasOwn(spec, "prefix") ? "prefix" : "text";
  const text = sanitizeText(readString(getOwn(spec, textKey) ?? sharedText, joinPath(path, textKey)));
  if (text.length > MAX_TEXT_UNITS)
    throw searchIssue(joinPath(path, textKey), `must have at most ${MAX_TEXT_UNITS} characters`);
  const kindPath = joinPath(path, kind);
  return kind === "term"
    ? parseTermSuggester(name, text, getOwn(spec, kind), kindPath)
    : parseCompletion(name, text, getOwn(spec, kind), kindPath);
};

const TERM_OPTIONS = ["field", "size", "max_edits", "prefix_length", "min_word_length", "suggest_mode", "sort"];

const parseTermSuggester = (name: string, text: string, value: Json | undefined, path: string): TermSuggester => {
  const options = readObject(value, path, TERM_OPTIONS);
  const words = locateWords(text);
  if (words.length > MAX_WORDS) throw searchIssue(path, `must be for a text of at most ${MAX_WORDS} words`);
  const edits = readCount(getOwn(options, "max_edits"), joinPath(path, "max_edits"), 2);
  if (edits !== 1 && edits !== 2) throw searchIssue(joinPath(path, "max_edits"), "must be 1 or 2");
  return {
    is: "term",
    name,
    path: readPath(options, path),
    words,
    texts: words.map(({ start, end }) => text.slice(start, end)),
    size: readSize(options, path),
    edits,
    prefixLength: readCount(getOwn(options, "prefix_length"), joinPath(path, "prefix_length"), 1),
    minWordLength: readCount(getOwn(options, "min_word_length"), joinPath(path, "min_word_length"), 4),
    mode: readChoice(getOwn(options, "suggest_mode"), joinPath(path, "suggest_mode"), ["missing", "popular", "always"]),
    sort: readChoice(getOwn(options, "sort"), joinPath(path, "sort"), ["score", "frequency"]),
  };
};

const parseCompletion = (name: string, prefix: string, value: Json | undefined, path: string): CompletionSuggester => {
  const options = readObject(value, path, ["field", "size", "skip_duplicates", "fuzzy"]);
  return {
    is: "completion",
    name,
    path: readPath(options, path),
    prefix,
    size: readSize(options, path),
    skipDuplicates: readBoolean(getOwn(options, "skip_duplicates"), joinPath(path, "skip_duplicates"), false),
    edits: readCompletionEdits(getOwn(options, "fuzzy"), joinPath(path, "fuzzy"))(prefix),
  };
};

const readCompletionEdits = (value: Json | undefined, path: string): Fuzziness => {
  if (value === undefined || value === false) return () => 0;
  if (value === true) return allowEditsFrom(3, 6);
  const options = readObject(value, path, ["fuzziness"]);
  return parseFuzziness(getOwn(options, "fuzziness") ?? "AUTO", joinPath(path, "fuzziness"));
};

const readPath = (options: JsonObject, path: string): string => {
  const field = sanitizeText(readField(getOwn(options, "field"), joinPath(path, "field")));
  return field.endsWith(".keyword") ? field.slice(0, -".keyword".length) : field;
};

const readSize = (options: JsonObject, path: string): number => {
  const size = readCount(getOwn(options, "size"), joinPath(path, "size"), 5);
  if (size === 0 || size > MAX_SIZE) throw searchIssue(joinPath(path, "size"), `must be from 1 to ${MAX_SIZE}`);
  return size;
};
