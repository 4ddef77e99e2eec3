import { truncateText } from "../../lib/util/truncate-text.ts";
import type { Bound, Clause, ValueMatch, WordMatch } from "./clause.ts";
import { decodeValue } from "./values.ts";

const MAX_TEXT_UNITS = 100;
const MAX_LISTED_VALUES = 5;
const MAX_LISTED_WAYS = 2;

/** Describes in a sentence's part what a clause finds: `the word "sea" in title`. */
export const describeClause = (clause: Clause): string => {
  switch (clause.is) {
    case "all":
      return "all records";
    case "none":
      return "no record";
    case "ids":
      return `the ids ${list(clause.ids)}`;
    case "present":
      return `a value in ${clause.path}`;
    case "word":
      return `${describeWord(clause.match)} in ${describePath(clause.path)}`;
    case "phrase": {
      const words = quote(clause.words.join(" "));
      return `the phrase ${words}${clause.lastIsPrefix ? ", whose last word may go on," : ""} in ${describePath(clause.path)}`;
    }
    case "values":
      return `${describeValues(clause.match)} in ${describePath(clause.path)}`;
    case "between":
      return `${clause.path} ${[describeBound(">", clause.from), describeBound("<", clause.to)].filter(Boolean).join(" and ")}`;
    case "geo":
      return `a place in the area in ${clause.path}`;
    case "nested":
      return `an object in ${clause.path} with ${describeClause(clause.query)}`;
    case "best": {
      // A text that is a number is searched for as both.
      const ways = [...new Set(clause.of.map(describeClause))];
      return ways.length > MAX_LISTED_WAYS ? `any of ${ways.length} conditions` : ways.join(" or ");
    }
    case "bool":
      return "several conditions together";
    case "boost":
    case "constant":
      return describeClause(clause.query);
    case "demoting":
      return describeClause(clause.positive);
  }
};

const describePath = (path: string | null): string => path ?? "any field";

const describeWord = (match: WordMatch): string => {
  switch (match.how) {
    case "word":
      return `the word ${quote(match.word)}`;
    case "anyOf":
      return `one of the words ${list(match.words)}`;
    case "prefix":
      return `a word that begins with ${quote(match.word)}`;
    case "stem":
      return `a form of a word with the stem ${quote(match.stem)}`;
    case "fuzzy":
      return `a word with at most ${match.edits} ${match.edits === 1 ? "difference" : "differences"} from ${quote(match.word)}`;
    case "pattern":
      return `a word that matches the pattern ${quote(match.source)}`;
  }
};

const describeValues = (match: ValueMatch): string => {
  switch (match.how) {
    case "anyOf":
      return match.values.length === 1
        ? `the value ${list(match.values.map(showValue))}`
        : `one of the values ${list(match.values.map(showValue))}`;
    case "prefix":
      return `a value that begins with ${quote(match.text)}`;
    case "fuzzy":
      return `a value with at most ${match.edits} ${match.edits === 1 ? "difference" : "differences"} from ${quote(match.text)}`;
    case "pattern":
      return `a value that matches the pattern ${quote(match.source)}`;
  }
};

const describeBound = (sign: "<" | ">", bound: Bound | undefined): string =>
  bound === undefined ? "" : `${sign}${bound.inclusive ? "=" : ""} ${showValue(bound.value)}`;

const showValue = (encoded: string): string => String(decodeValue(encoded));

const quote = (text: string): string => `"${truncateText(text, MAX_TEXT_UNITS, "…").toWellFormed()}"`;

const list = (texts: readonly string[]): string => {
  const shown = texts.slice(0, MAX_LISTED_VALUES).map(quote).join(", ");
  return texts.length > MAX_LISTED_VALUES ? `${shown} and ${texts.length - MAX_LISTED_VALUES} more` : shown;
};
