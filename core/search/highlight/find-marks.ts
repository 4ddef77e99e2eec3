import { locateWords, type TextWord } from "../analysis/words.ts";
import { normalizeText } from "../values.ts";
import type { Sought } from "./sought-words.ts";

/** A part of a text that a query seeks, from `start` to before `end`, in UTF-16 units. */
export interface Mark {
  readonly start: number;
  readonly end: number;
}

/** What all texts of an answer spend: phrases of a word that is everywhere take long. */
export interface MarkBudget {
  /** Number of words that may still be compared with words of phrases. */
  phraseSteps: number;
}

/** The parts of a text that are sought, in order, without overlaps. Phrases are left out when the budget is spent. */
export const findMarks = (text: string, sought: readonly Sought[], budget: MarkBudget): readonly Mark[] => {
  const whole = normalizeText(text);
  if (sought.some((one) => one.is === "text" && one.matches(whole))) return [{ start: 0, end: text.length }];
  const words = locateWords(text);
  const marked = new Uint8Array(words.length);
  for (const one of sought) {
    if (one.is === "word") {
      for (const [index, { word }] of words.entries()) if (one.matches(word)) marked[index] = 1;
    } else if (one.is === "phrase") {
      for (let start = 0; start < words.length && budget.phraseSteps > 0; start++)
        for (const index of findPhrase(words, start, one, budget) ?? []) marked[index] = 1;
    }
  }
  return toMarks(words, marked);
};

/** The positions of a phrase whose first word is at `start`; `undefined` if it is not there. */
const findPhrase = (
  words: readonly TextWord[],
  start: number,
  { words: tests, slop }: Extract<Sought, { is: "phrase" }>,
  budget: MarkBudget,
): readonly number[] | undefined => {
  const found: number[] = [];
  let at = start;
  let between = slop;
  for (const [index, test] of tests.entries()) {
    budget.phraseSteps--;
    while (at < words.length && !test((words[at] as TextWord).word)) {
      if (index === 0 || between === 0) return undefined;
      budget.phraseSteps--;
      between--;
      at++;
    }
    if (at === words.length) return undefined;
    found.push(at++);
  }
  return found;
};

const toMarks = (words: readonly TextWord[], marked: Uint8Array): Mark[] => {
  const marks: Mark[] = [];
  for (const [index, { start, end }] of words.entries()) {
    if (marked[index] !== 1) continue;
    const last = marks.at(-1);
    // Parts of one word, and characters of scripts without spaces.
    if (last?.end === start) marks[marks.length - 1] = { start: last.start, end };
    else marks.push({ start, end });
  }
  return marks;
};
