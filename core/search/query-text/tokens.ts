/** The parts of a text in Lucene's query syntax. `at` is the position in the text, in UTF-16 units. */
export type Token =
  | {
      readonly is: "word";
      readonly text: string;
      readonly raw: string;
      readonly at: number;
      readonly hasWildcard: boolean;
    }
  | { readonly is: "phrase"; readonly text: string; readonly at: number }
  | { readonly is: "pattern"; readonly source: string; readonly at: number }
  | { readonly is: "range"; readonly from: RangeEnd; readonly to: RangeEnd; readonly at: number }
  | { readonly is: "field"; readonly name: string; readonly at: number }
  | { readonly is: "comparison"; readonly operator: ">" | ">=" | "<" | "<="; readonly at: number }
  | { readonly is: "fuzzy"; readonly value: string; readonly at: number }
  | { readonly is: "weight"; readonly value: number; readonly at: number }
  | { readonly is: "and" | "or" | "not" | "plus" | "minus" | "open" | "close"; readonly at: number };

/** One end of a range. */
export interface RangeEnd {
  /** `undefined` for `*`. */
  readonly value: string | undefined;
  readonly inclusive: boolean;
}

/** A text that does not follow the syntax. */
export class QueryTextError extends Error {}

const WORD = /(?:\\[\s\S]|[^\s+\-!(){}[\]^"~:\\/&|<>=]|[-+!&|/<>=](?=\S))(?:\\[\s\S]|[^\s(){}[\]^"~:\\])*/y;
const SYMBOLS: readonly (readonly [pattern: RegExp, is: "and" | "or" | "not" | "plus" | "minus" | "open" | "close"])[] =
  [
    [/(?:AND(?=[\s()]|$)|&&)/y, "and"],
    [/(?:OR(?=[\s()]|$)|\|\|)/y, "or"],
    [/(?:NOT(?=[\s()]|$)|!)/y, "not"],
    [/\+/y, "plus"],
    [/-/y, "minus"],
    [/\(/y, "open"],
    [/\)/y, "close"],
  ];
const PHRASE = /"((?:\\[\s\S]|[^"\\])*)"/y;
const PATTERN = /\/((?:\\[\s\S]|[^/\\])+)\//y;
const RANGE = /([[{])\s*("(?:\\[\s\S]|[^"\\])*"|\S+)\s+TO\s+("(?:\\[\s\S]|[^"\\])*"|[^\s\]}]+)\s*([\]}])/y;
const FIELD = /((?:\\[\s\S]|[^\s+\-!(){}[\]^"~:\\/*?&|<>=])(?:\\[\s\S]|[^\s(){}[\]^"~:\\])*|\*)\s*:\s*/y;
const COMPARISON = /(>=|<=|>|<)\s*(?=\S)/y;
const SUFFIX = /([~^])(\d{0,6}(?:\.\d{1,6})?)/y;
const MAX_TOKENS = 2000;

/** Splits a text into tokens. Runs in linear time. Throws a {@link QueryTextError}. */
export const splitQueryText = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text) ?? undefined;
  };
  while (at < text.length) {
    if (/\s/.test(text.charAt(at))) {
      at++;
      continue;
    }
    if (tokens.length === MAX_TOKENS) throw new QueryTextError(`has more than ${MAX_TOKENS} parts`);
    const [token, length] = readToken(text, at, tokens.at(-1), match);
    tokens.push(token);
    at += length;
  }
  return tokens;
};

const readToken = (
  text: string,
  at: number,
  last: Token | undefined,
  match: (pattern: RegExp) => RegExpExecArray | undefined,
): readonly [token: Token, length: number] => {
  const suffix = last !== undefined && /[~^]/.test(text.charAt(at)) ? match(SUFFIX) : undefined;
  if (suffix !== undefined) {
    const [all, sign, value = ""] = suffix;
    if (sign === "~") return [{ is: "fuzzy", value, at }, all.length];
    if (value === "") throw new QueryTextError(`has ^ without a number at character ${at + 1}`);
    return [{ is: "weight", value: Number(value), at }, all.length];
  }
  const phrase = match(PHRASE);
  if (phrase !== undefined) return [{ is: "phrase", text: unescapeText(phrase[1] ?? ""), at }, phrase[0].length];
  const pattern = match(PATTERN);
  if (pattern !== undefined)
    return [{ is: "pattern", source: (pattern[1] ?? "").replaceAll("\\/", "/"), at }, pattern[0].length];
  const range = match(RANGE);
  if (range !== undefined) {
    const [all, open, from = "", to = "", close] = range;
    const end = (value: string, inclusive: boolean) => ({ value: readEnd(value), inclusive });
    return [{ is: "range", from: end(from, open === "["), to: end(to, close === "]"), at }, all.length];
  }
  if (last?.is === "field") {
    const comparison = match(COMPARISON);
    if (comparison !== undefined)
      return [{ is: "comparison", operator: comparison[1] as ">" | ">=" | "<" | "<=", at }, comparison[0].length];
  }
  for (const [symbol, is] of SYMBOLS) {
    const found = match(symbol);
    if (found !== undefined) return [{ is, at }, found[0].length];
  }
  const field = match(FIELD);
  if (field !== undefined) return [{ is: "field", name: unescapeText(field[1] ?? ""), at }, field[0].length];
  const word = match(WORD);
  if (word === undefined)
    throw new QueryTextError(
      `has an unexpected ${text.charAt(at)} at character ${at + 1}. Write \\${text.charAt(at)} for the character`,
    );
  const [raw] = word;
  const hasWildcard = /[*?]/.test(raw.replace(/\\[\s\S]/g, ""));
  return [{ is: "word", text: unescapeText(raw), raw, at, hasWildcard }, raw.length];
};

const readEnd = (value: string): string | undefined => {
  if (value === "*") return undefined;
  return unescapeText(value.startsWith('"') && value.length > 1 ? value.slice(1, -1) : value);
};

const unescapeText = (text: string): string => text.replace(/\\([\s\S])/g, "$1");
