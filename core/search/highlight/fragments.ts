import { findWords } from "../../../lib/text-segmentation/words.ts";
import { countWhile } from "../../../lib/util/count-while.ts";
import type { Mark } from "./find-marks.ts";
import type { HighlightedField } from "./parse-highlight.ts";

/** A part of a text with marks. */
interface Fragment {
  readonly text: string;
  /** Number of different words that are marked. */
  readonly score: number;
}

type Style = Pick<HighlightedField, "fragmentUnits" | "fragments" | "preTag" | "postTag"> & {
  readonly escapesHtml: boolean;
};

/** Cuts a text into the parts around its marks, and marks them. The whole text, if `fragments` is 0. */
export const makeFragments = (text: string, marks: readonly Mark[], style: Style): readonly Fragment[] => {
  if (marks.length === 0) return [];
  if (style.fragments === 0 || style.fragmentUnits === 0 || text.length <= style.fragmentUnits)
    return [makeFragment(text, { start: 0, end: text.length }, marks, style)];
  const words = findWords(text);
  const fragments: Fragment[] = [];
  let next = 0;
  let minStart = 0;
  while (next < marks.length) {
    const mark = marks[next] as Mark;
    const spare = Math.max(0, style.fragmentUnits - (mark.end - mark.start));
    const start = startOfWord(words, Math.max(minStart, mark.start - Math.floor(spare / 3)), mark.start);
    const end = Math.max(mark.end, endOfWord(words, Math.min(text.length, start + style.fragmentUnits), text.length));
    let last = next;
    while (last + 1 < marks.length && (marks[last + 1] as Mark).end <= end) last++;
    fragments.push(makeFragment(text, { start, end }, marks.slice(next, last + 1), style));
    next = last + 1;
    minStart = end;
  }
  return fragments;
};

/** The start of a text, for texts in which nothing is found. */
export const makeLead = (text: string, units: number, { escapesHtml }: Pick<Style, "escapesHtml">): string => {
  const end = text.length <= units ? text.length : endOfWord(findWords(text), units, text.length);
  const lead = text.slice(0, end).toWellFormed();
  return escapesHtml ? escapeHtml(lead) : lead;
};

/** The first start of a word from `from` on, at most `max`. */
const startOfWord = (words: readonly Mark[], from: number, max: number): number => {
  if (from === 0) return 0;
  return Math.min(max, words[countWhile(words, ({ start }) => start < from)]?.start ?? max);
};

/** The last end of a word up to `to`; the end of the text, if that is before `to`. */
const endOfWord = (words: readonly Mark[], to: number, length: number): number => {
  if (to >= length) return length;
  return words[countWhile(words, ({ end }) => end <= to) - 1]?.end ?? to;
};

const makeFragment = (text: string, { start, end }: Mark, marks: readonly Mark[], style: Style): Fragment => {
  const show = (from: number, to: number) => {
    const part = text.slice(from, to).toWellFormed();
    return style.escapesHtml ? escapeHtml(part) : part;
  };
  let shown = "";
  let at = start;
  const words = new Set<string>();
  for (const mark of marks) {
    shown += show(at, mark.start) + style.preTag + show(mark.start, mark.end) + style.postTag;
    words.add(text.slice(mark.start, mark.end).toLowerCase());
    at = mark.end;
  }
  return { text: shown + show(at, end), score: words.size };
};

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;",
  "/": "&#x2F;",
};

/** As OpenSearch's encoder `html` does. */
const escapeHtml = (text: string): string => text.replace(/[&<>"'/]/g, (char) => ENTITIES[char] ?? char);
