import { RE2JS } from "re2js";

export type Match = (text: string) => boolean;

/**
 * What a filter of kinto-emailer's lets through: that very text, or, where it begins with `^`, what the regular expression fits the beginning of.
 * Expressions run in time linear in the text. They have no lookahead but `^(?!…)` at their beginning, by which texts are left out.
 * @returns `undefined` for an expression that is none
 */
export const compileMatch = (filter: string): Match | undefined => {
  if (!filter.startsWith("^")) return (text) => text === filter;
  const end = filter.startsWith("^(?!") ? closing(filter, 1) : undefined;
  try {
    if (end === undefined) return occurs(filter);
    const [left, rest] = [occurs(`^(?:${filter.slice("^(?!".length, end)})`), occurs(`^${filter.slice(end + 1)}`)];
    return (text) => !left(text) && rest(text);
  } catch {
    return undefined;
  }
};

const occurs = (source: string): Match => {
  const pattern = RE2JS.compile(source);
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
