import type { RE2JS } from "re2js";
import { countEdits } from "../../../lib/util/edit-distance.ts";
import { stemWord } from "../analysis/stem-word.ts";
import { type Clause, innerClauses, type ValueMatch, type WordMatch } from "../clause.ts";

/** Whether a folded word, or a whole text, is what a query seeks. */
type Test = (text: string) => boolean;

/** What a query seeks in texts. `path` is that of a field, `null` for all. */
export type Sought =
  | { readonly is: "word"; readonly path: string | null; readonly matches: Test }
  /** A word for each test, in this order, with at most `slop` words between them. */
  | { readonly is: "phrase"; readonly path: string | null; readonly words: readonly Test[]; readonly slop: number }
  | { readonly is: "text"; readonly path: string | null; readonly matches: Test };

/** Lists what a query seeks, but not what it excludes. */
export const listSought = async (query: Clause): Promise<readonly Sought[]> => {
  const leaves = listLeaves(query);
  const usesPatterns = leaves.some((leaf) => "match" in leaf && leaf.match.how === "pattern");
  const re2 = usesPatterns ? (await import("re2js")).RE2JS : undefined;
  const seen = new Set<string>();
  return leaves.flatMap((leaf) => {
    const key = JSON.stringify(leaf);
    if (seen.has(key)) return [];
    seen.add(key);
    return toSought(leaf, re2);
  });
};

type Leaf = Extract<Clause, { is: "word" | "phrase" | "values" }>;

const listLeaves = (clause: Clause): readonly Leaf[] => {
  if (clause.is === "word") return [{ ...clause, scored: false }];
  if (clause.is === "phrase" || clause.is === "values") return [clause];
  if (clause.is === "demoting") return listLeaves(clause.positive);
  const inner = innerClauses(clause);
  return (clause.is === "bool" ? inner.filter((one) => !clause.mustNot.includes(one)) : inner).flatMap(listLeaves);
};

const toSought = (leaf: Leaf, re2: typeof RE2JS | undefined): readonly Sought[] => {
  const { path } = leaf;
  switch (leaf.is) {
    case "word":
      return [{ is: "word", path, matches: remember(wordTest(leaf.match, re2)) }];
    case "phrase": {
      const tests = leaf.words.map((word, index) =>
        leaf.lastIsPrefix && index === leaf.words.length - 1
          ? (text: string) => text.startsWith(word)
          : (text: string) => text === word,
      );
      return [{ is: "phrase", path, words: tests, slop: leaf.slop }];
    }
    case "values":
      return [{ is: "text", path, matches: valueTest(leaf.match, re2) }];
  }
};

const wordTest = (match: WordMatch, re2: typeof RE2JS | undefined): Test => {
  switch (match.how) {
    case "word":
      return (word) => word === match.word;
    case "anyOf": {
      const words = new Set(match.words);
      return (word) => words.has(word);
    }
    case "prefix":
      return (word) => word.startsWith(match.word);
    case "stem":
      return (word) => stemWord(word, match.language) === match.stem;
    case "fuzzy":
      return isSimilar(match.word, match);
    case "pattern":
      return patternTest(match.source, false, re2);
  }
};

const valueTest = (match: ValueMatch, re2: typeof RE2JS | undefined): Test => {
  switch (match.how) {
    case "anyOf": {
      const values = new Set(match.values);
      return (text) => values.has(`s${text}`);
    }
    case "prefix":
      return match.ignoreCase
        ? (text) => text.toLowerCase().startsWith(match.text.toLowerCase())
        : (text) => text.startsWith(match.text);
    case "fuzzy":
      return isSimilar(match.text, match);
    case "pattern":
      return patternTest(match.source, match.ignoreCase, re2);
  }
};

const isSimilar = (
  sought: string,
  { edits, prefixLength }: { readonly edits: 1 | 2; readonly prefixLength: number },
): Test => {
  const letters = [...sought];
  const prefix = letters.slice(0, prefixLength).join("");
  return (word) =>
    word.startsWith(prefix) &&
    Math.abs(word.length - sought.length) <= 2 * edits &&
    countEdits(letters, [...word], edits) !== undefined;
};

const patternTest = (source: string, ignoreCase: boolean, re2: typeof RE2JS | undefined): Test => {
  if (re2 === undefined) return () => false;
  const pattern = re2.compile(source, re2.DOTALL | (ignoreCase ? re2.CASE_INSENSITIVE : 0));
  return (word) => pattern.matches(word);
};

const MAX_REMEMBERED = 10_000;

/** Texts repeat words, and some tests are slow. */
const remember = (test: Test): Test => {
  const known = new Map<string, boolean>();
  return (word) => {
    let result = known.get(word);
    if (result === undefined) {
      result = test(word);
      if (known.size < MAX_REMEMBERED) known.set(word, result);
    }
    return result;
  };
};
