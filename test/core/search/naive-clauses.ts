import { RE2JS } from "re2js";
import { stemWord } from "../../../core/search/analysis/stem-word.ts";
import type { Clause, GeoArea, GeoPoint, ValueMatch, WordMatch } from "../../../core/search/clause.ts";
import { measureDistance } from "../../../core/search/geo-point.ts";
import { compareTexts } from "../../../lib/util/compare-texts.ts";
import type { Part, PartField } from "./naive-document.ts";

/** Whether a document matches a clause. The slow and simple reference of the engines. */
export const matchesClause = (part: Part, clause: Clause): boolean => {
  const all = (clauses: readonly Clause[]) => clauses.every((one) => matchesClause(part, one));
  switch (clause.is) {
    case "all":
      return true;
    case "none":
      return false;
    case "ids":
      return clause.ids.includes(part.id);
    case "present":
      return part.paths.has(clause.path);
    case "word":
      return fieldsAt(part, clause.path).some(({ texts }) =>
        texts.flat().some((word) => matchesWord(word, clause.match)),
      );
    case "phrase":
      return fieldsAt(part, clause.path).some(({ texts }) => texts.some((words) => hasPhrase(words, clause)));
    case "values":
      return fieldsAt(part, clause.path).some(({ values, dates }) =>
        [...values, ...dates].some((value) => matchesValue(value, clause.match)),
      );
    case "between": {
      const { from, to } = clause;
      const kind = (from ?? to)?.value.charAt(0);
      const isInside = (value: string) =>
        value.charAt(0) === kind &&
        (from === undefined || compareTexts(value, from.value) >= (from.inclusive ? 0 : 1)) &&
        (to === undefined || compareTexts(value, to.value) <= (to.inclusive ? 0 : -1));
      return fieldsAt(part, clause.path).some(({ values, dates }) => [...values, ...dates].some(isInside));
    }
    case "geo":
      return fieldsAt(part, clause.path).some(({ points }) => points.some((point) => isInArea(point, clause.within)));
    case "nested":
      return itemsOf(part, clause.path).some((item) => matchesClause(item, clause.query));
    case "best":
      return clause.of.some((one) => matchesClause(part, one));
    case "bool": {
      const matching = clause.should.filter((one) => matchesClause(part, one)).length;
      return (
        all(clause.must) &&
        all(clause.filter) &&
        !clause.mustNot.some((one) => matchesClause(part, one)) &&
        matching >= clause.minimumShouldMatch
      );
    }
    case "boost":
    case "constant":
      return matchesClause(part, clause.query);
    case "demoting":
      return matchesClause(part, clause.positive);
  }
};

/** The objects at a nested path, also through nested arrays above it. */
export const itemsOf = (part: Part, path: string): readonly Part[] => part.items(path);

const fieldsAt = ({ fields }: Part, path: string | null): readonly PartField[] => {
  if (path === null) return [...fields.values()];
  const field = fields.get(path);
  return field === undefined ? [] : [field];
};

const matchesWord = (word: string, match: WordMatch): boolean => {
  switch (match.how) {
    case "word":
      return word === match.word;
    case "anyOf":
      return match.words.includes(word);
    case "prefix":
      return word.startsWith(match.word);
    case "stem":
      return stemWord(word, match.language) === match.stem;
    case "fuzzy":
      return isSimilar(word, match.word, match.edits, match.prefixLength);
    case "pattern":
      return RE2JS.compile(match.source, RE2JS.DOTALL).matches(word);
  }
};

const matchesValue = (value: string, match: ValueMatch): boolean => {
  if (match.how === "anyOf") return match.values.includes(value);
  if (!value.startsWith("s")) return false;
  const text = value.slice(1);
  switch (match.how) {
    case "prefix":
      return match.ignoreCase ? text.toLowerCase().startsWith(match.text.toLowerCase()) : text.startsWith(match.text);
    case "fuzzy":
      return isSimilar(text, match.text, match.edits, match.prefixLength);
    case "pattern": {
      const flags = RE2JS.DOTALL | (match.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
      return RE2JS.compile(match.source, flags).matches(text);
    }
  }
};

const isSimilar = (a: string, b: string, edits: number, prefixLength: number): boolean => {
  const [x, y] = [Array.from(a), Array.from(b)];
  const [start, otherStart] = [x.slice(0, prefixLength), y.slice(0, prefixLength)];
  return start.join("") === otherStart.join("") && countEdits(x, y) <= edits;
};

/** Inserted, deleted, replaced and swapped characters. */
const countEdits = (a: readonly string[], b: readonly string[]): number => {
  const known = new Map<string, number>();
  const count = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i} ${j}`;
    const present = known.get(key);
    if (present !== undefined) return present;
    const options = [count(i - 1, j) + 1, count(i, j - 1) + 1, count(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)];
    if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) options.push(count(i - 2, j - 2) + 1);
    const least = Math.min(...options);
    known.set(key, least);
    return least;
  };
  return count(a.length, b.length);
};

/** Tries all places of the words. Each word is off by its place minus that in the phrase; the spread is the slop. */
const hasPhrase = (
  text: readonly string[],
  { words, slop, lastIsPrefix }: Extract<Clause, { is: "phrase" }>,
): boolean => {
  const places = words.map((word, n) =>
    [...text.keys()].filter((at) =>
      lastIsPrefix && n === words.length - 1 ? text[at]?.startsWith(word) : text[at] === word,
    ),
  );
  const visit = (n: number, used: readonly number[]): boolean => {
    if (n === places.length) {
      const offsets = used.map((place, at) => place - at);
      return Math.max(...offsets) - Math.min(...offsets) <= slop;
    }
    return (places[n] ?? []).some((place) => !used.includes(place) && visit(n + 1, [...used, place]));
  };
  return words.length > 0 && visit(0, []);
};

const isInArea = (point: GeoPoint, area: GeoArea): boolean => {
  if (area.shape === "circle") return measureDistance(point, area.center) <= area.meters;
  const { top, left, bottom, right } = area;
  const isBetween = left <= right ? point.lon >= left && point.lon <= right : point.lon >= left || point.lon <= right;
  return point.lat <= top && point.lat >= bottom && isBetween;
};
