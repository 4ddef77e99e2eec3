import type { Json, JsonObject } from "../../lib/json.ts";
import { getOwn, joinPath, readCount, searchIssue } from "./read-body.ts";

/** The number of optional clauses that must match, by the number of them. */
export type MinimumShouldMatch = (optional: number) => number;

const MAX_MINIMUM_UNITS = 100;
const ONE = String.raw`-?\d{1,6}%?`;
const SIMPLE_MINIMUM = new RegExp(`^${ONE}$`);
const CONDITIONS = new RegExp(String.raw`^\d{1,6}<${ONE}(?: \d{1,6}<${ONE})*$`);

/**
 * Parses `minimum_should_match`: a number of clauses (`2`), of those that may be missing (`-1`), either in percent
 * (`"75%"`, `"-25%"`), or several that depend on the number of clauses (`"2<75% 9<-3"`).
 */
export const parseMinimumShouldMatch = (value: Json, path: string): MinimumShouldMatch => {
  const text = typeof value === "number" ? String(value) : value;
  const spec = typeof text === "string" ? text.trim().replace(/ *< */g, "<").replace(/ +/g, " ") : "";
  if (spec.length <= MAX_MINIMUM_UNITS && SIMPLE_MINIMUM.test(spec)) return (optional) => countMinimum(spec, optional);
  if (spec.length > MAX_MINIMUM_UNITS || !CONDITIONS.test(spec))
    throw searchIssue(
      path,
      'must be a number such as 2 or -1, a share such as "75%", or conditions such as "2<75% 9<-3"',
    );
  const conditions = spec.split(" ").map((condition) => {
    const [above = "", minimum = ""] = condition.split("<");
    return { above: Number(above), minimum };
  });
  return (optional) => {
    const applicable = conditions.filter(({ above }) => optional > above).at(-1);
    return applicable === undefined ? optional : countMinimum(applicable.minimum, optional);
  };
};

/** Rounds shares down, as Lucene does. */
const countMinimum = (spec: string, optional: number): number => {
  const number = Number.parseInt(spec, 10);
  const count = spec.endsWith("%") ? Math.trunc((optional * number) / 100) : number;
  return Math.max(0, spec.startsWith("-") ? optional + count : count);
};

/** The number of typing errors that a word may have. */
export type Edits = 0 | 1 | 2;
export type Fuzziness = (word: string) => Edits;

/** Lengths in code points from which a word may have one and two typing errors with `AUTO`. */
const AUTO_LENGTHS = [3, 6] as const;
const MAX_EDITS = 2;

/** Parses `fuzziness`: 0, 1, 2, `AUTO`, or `AUTO:4,8` with the lengths from which words may have 1 and 2 errors. */
export const parseFuzziness = (value: Json, path: string): Fuzziness => {
  const edits = typeof value === "string" && /^[012](\.0)?$/.test(value) ? Number(value) : value;
  if (typeof edits === "number" && Number.isInteger(edits) && edits >= 0 && edits <= MAX_EDITS)
    return () => edits as Edits;
  const [, from1, from2] = (typeof value === "string" ? /^AUTO(?::(\d{1,3}),(\d{1,3}))?$/i.exec(value) : null) ?? [
    undefined,
    "",
    "",
  ];
  const [low, high] = from1 === undefined ? AUTO_LENGTHS : [Number(from1), Number(from2)];
  if (from1 === "" || low > high) throw searchIssue(path, 'must be 0, 1, 2, "AUTO", or "AUTO:3,6"');
  return allowEditsFrom(low, high);
};

/** Allows one error in words of at least `low` code points, and two from `high` on. */
export const allowEditsFrom =
  (low: number, high: number): Fuzziness =>
  (word) => {
    const { length } = Array.from(word);
    return length < low ? 0 : length < high ? 1 : 2;
  };

export interface FuzzyOptions {
  readonly edits: Fuzziness;
  readonly prefixLength: number;
}

/** Names of the options that {@link readFuzzyOptions} reads. Engines limit expansions by themselves. */
export const FUZZY_OPTIONS = [
  "fuzziness",
  "prefix_length",
  "max_expansions",
  "fuzzy_transpositions",
  "fuzzy_rewrite",
] as const;

/** `undefined` if words must be spelled exactly. @param defaultFuzziness used without `fuzziness` */
export const readFuzzyOptions = (
  options: JsonObject,
  path: string,
  defaultFuzziness?: Json,
): FuzzyOptions | undefined => {
  const prefixLength = readCount(getOwn(options, "prefix_length"), joinPath(path, "prefix_length"), 0);
  readCount(getOwn(options, "max_expansions"), joinPath(path, "max_expansions"), 0);
  const value = getOwn(options, "fuzziness") ?? defaultFuzziness;
  if (value === undefined) return undefined;
  return { edits: parseFuzziness(value, joinPath(path, "fuzziness")), prefixLength };
};
