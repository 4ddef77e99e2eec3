import { locateWords, type TextWord } from "../analysis/words.ts";
import { STOP_WORDS } from "./stop-words.ts";

/** A word, or several characters of a script without spaces. */
export interface Unit {
  readonly words: readonly string[];
  /** Whether records without it match too: words such as `the`. */
  readonly isOptional: boolean;
}

const MAX_PHRASES = 5;
const MAX_PHRASE_WORDS = 20;

/** The words of each part in quotes, and the text without those parts. */
export const splitQuotes = (
  text: string,
): { readonly phrases: readonly (readonly string[])[]; readonly rest: string } => {
  const phrases: string[][] = [];
  const rest = text.replace(/["“”„«]([^"“”«»]+)["“”»]/g, (_, quoted: string) => {
    const words = locateWords(quoted).map(({ word }) => word);
    if (words.length > 0) phrases.push(words.slice(0, MAX_PHRASE_WORDS));
    return " ";
  });
  return { phrases: phrases.slice(0, MAX_PHRASES), rest };
};

/** Scripts in which each character is a word of the index. */
const WITHOUT_SPACES = /^[\p{Script=Han}\p{Script=Hiragana}]/u;

export const toUnits = (text: string, language: string): readonly Unit[] => {
  const units: { words: string[]; isOptional: boolean; last: TextWord }[] = [];
  const located = locateWords(text);
  for (const [index, word] of located.entries()) {
    const unit = units.at(-1);
    const isAdjacent = unit?.last.end === word.start;
    if (unit !== undefined && isAdjacent && [unit.last.word, word.word].every((one) => WITHOUT_SPACES.test(one))) {
      unit.words.push(word.word);
      unit.last = word;
    } else {
      const isElided = located[index + 1]?.start === word.end && !WITHOUT_SPACES.test(word.word);
      units.push({ words: [word.word], isOptional: isElided || isStopWord(word.word, language), last: word });
    }
  }
  // Without any other word, stop words count.
  const hasRequired = units.some(({ isOptional }) => !isOptional);
  return units.map(({ words, isOptional }) => ({ words, isOptional: isOptional && hasRequired }));
};

const isStopWord = (word: string, language: string): boolean => STOP_WORDS.get(language)?.has(word) ?? false;
