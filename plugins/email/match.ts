import type { RE2JS } from "re2js";

export type Match = (text: string) => boolean;

/** Instructions that an expression may come to when its repetitions are written out: an event may meet sixty of them. */
const LARGEST = 1000;

/** What compiles filters. The engine is loaded when it is first asked for: most stores have no such filter. */
export const loadMatching = async (): Promise<(filter: string) => Match | undefined> => {
  engine ??= import("re2js").then((loaded) => loaded.RE2JS);
  const re2 = await engine;
  return (filter) => compileMatch(re2, filter);
};

let engine: Promise<typeof RE2JS> | undefined;

/**
 * What a filter of kinto-emailer's lets through: that very text, or, where it begins with `^`, what the regular expression fits the beginning of.
 * Expressions run in time linear in the text. They have no lookahead but `^(?!…)` at their beginning, by which texts are left out.
 * @returns `undefined` for an expression that is none, or too large a one
 */
const compileMatch = (re2: typeof RE2JS, filter: string): Match | undefined => {
  if (!filter.startsWith("^")) return (text) => text === filter;
  const end = filter.startsWith("^(?!") ? closing(filter, 1) : undefined;
  try {
    if (end === undefined) return occurs(re2, filter);
    const [left, rest] = [
      occurs(re2, `^(?:${filter.slice("^(?!".length, end)})`),
      occurs(re2, `^${filter.slice(end + 1)}`),
    ];
    return (text) => !left(text) && rest(text);
  } catch {
    return undefined;
  }
};

const occurs = (re2: typeof RE2JS, source: string): Match => {
  const pattern = re2.compile(source);
  if (pattern.programSize() > LARGEST) throw new RangeError("The expression has too many repetitions");
  return (text) => pattern.matcher(text).find();
};

/** Where the group that begins at a place ends. */
const closing = (source: string, from: number): number | undefined => {
  let depth = 0;
  let inClass = false;
  for (let at = from; at < source.length; at++) {
    const char = source[at];
    if (char === "\\") at += 1;
    else if (inClass) inClass = char !== "]";
    else if (char === "[") inClass = true;
    else if (char === "(") depth += 1;
    else if (char === ")" && --depth === 0) return at;
  }
  return undefined;
};
