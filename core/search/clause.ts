/**
 * How a word of the index is matched. Words and stems are those of `core/search/analysis`. A pattern is the source of a
 * regular expression over a whole word, in what RE2 (with `.` for any character) and Lucene have in common.
 */
export type WordMatch =
  | { readonly how: "word"; readonly word: string }
  | { readonly how: "anyOf"; readonly words: readonly string[] }
  | { readonly how: "prefix"; readonly word: string }
  /** Words whose stem is this one. @param language ISO 639-1 code */
  | { readonly how: "stem"; readonly stem: string; readonly language: string }
  /** Words at most this many edits away. The first `prefixLength` code points are equal. */
  | { readonly how: "fuzzy"; readonly word: string; readonly edits: 1 | 2; readonly prefixLength: number }
  | { readonly how: "pattern"; readonly source: string };

/** How the values of a field are matched. Values are encoded by `encodeValue`, texts and patterns are not. */
export type ValueMatch =
  | { readonly how: "anyOf"; readonly values: readonly string[] }
  | { readonly how: "prefix"; readonly text: string; readonly ignoreCase: boolean }
  | {
      readonly how: "fuzzy";
      readonly text: string;
      readonly edits: 1 | 2;
      readonly prefixLength: number;
    }
  | { readonly how: "pattern"; readonly source: string; readonly ignoreCase: boolean };

/** A bound of a range, as encoded by `encodeValue` or `encodeDate`. */
export interface Bound {
  readonly value: string;
  readonly inclusive: boolean;
}

export interface GeoPoint {
  /** Degrees, -90 to 90. */
  readonly lat: number;
  /** Degrees, -180 to 180. */
  readonly lon: number;
}

/** An area on the earth. A box whose `left` is greater than its `right` crosses the date line. */
export type GeoArea =
  | { readonly shape: "circle"; readonly center: GeoPoint; readonly meters: number }
  | {
      readonly shape: "box";
      readonly top: number;
      readonly left: number;
      readonly bottom: number;
      readonly right: number;
    };

export type NestedScoreMode = "avg" | "max" | "min" | "sum" | "none";

export interface BoolClause {
  readonly is: "bool";
  readonly must: readonly Clause[];
  readonly should: readonly Clause[];
  readonly filter: readonly Clause[];
  readonly mustNot: readonly Clause[];
  /** Number of clauses of `should` that must match. At least 1 when nothing else is required. */
  readonly minimumShouldMatch: number;
}

/**
 * A parsed query, in the terms that every engine supports. `path` is the path of a field (see `extractFields`), `null`
 * for all fields.
 */
export type Clause =
  | { readonly is: "all" }
  | { readonly is: "none" }
  | { readonly is: "ids"; readonly ids: readonly string[] }
  /** The path, or one below it, has a value other than null. */
  | { readonly is: "present"; readonly path: string }
  /** A word of the field matches. The score is the field's BM25, the best one of all fields; 1 if not `scored`. */
  | { readonly is: "word"; readonly path: string | null; readonly match: WordMatch; readonly scored: boolean }
  /** One text of the field has these words in this order. Words may be moved by `slop` positions in total. */
  | {
      readonly is: "phrase";
      readonly path: string | null;
      readonly words: readonly string[];
      readonly slop: number;
      readonly lastIsPrefix: boolean;
    }
  /** A value of the field matches. Scores 1. */
  | { readonly is: "values"; readonly path: string | null; readonly match: ValueMatch }
  /** A value of the field is between the bounds, all of one kind. At least one bound is present. Scores 1. */
  | { readonly is: "between"; readonly path: string; readonly from?: Bound; readonly to?: Bound }
  /** A point of the field is in the area: `{lat, lon}`, `"lat,lon"` or `[lon, lat]`. Scores 1. */
  | { readonly is: "geo"; readonly path: string; readonly within: GeoArea }
  /** One object at the path matches. Paths within `query` begin with `path`, as outside of it. */
  | {
      readonly is: "nested";
      readonly path: string;
      readonly query: Clause;
      readonly scoreMode: NestedScoreMode;
    }
  /** Any of these clauses. Scored by the best, plus the others times `tieBreaker`. */
  | { readonly is: "best"; readonly of: readonly Clause[]; readonly tieBreaker: number }
  /** Scored by the sum of the matching clauses in `must` and `should`. */
  | BoolClause
  /** Multiplies the score. */
  | { readonly is: "boost"; readonly query: Clause; readonly factor: number }
  | { readonly is: "constant"; readonly query: Clause; readonly score: number }
  /** What matches `positive`. The score of what also matches `negative` is multiplied by `factor`. */
  | { readonly is: "demoting"; readonly positive: Clause; readonly negative: Clause; readonly factor: number };

export const NO_MATCH: Clause = { is: "none" };

/** Joins clauses by `best`. Leaves out those that match nothing. */
export const anyOf = (clauses: readonly Clause[], tieBreaker = 0): Clause => {
  const [first, ...others] = clauses.filter((clause) => clause.is !== "none");
  if (first === undefined) return NO_MATCH;
  return others.length === 0 ? first : { is: "best", of: [first, ...others], tieBreaker };
};

/** A bool clause with the given parts. */
export const boolClause = (parts: Partial<Omit<BoolClause, "is">>): BoolClause => ({
  is: "bool",
  must: [],
  should: [],
  filter: [],
  mustNot: [],
  minimumShouldMatch: 0,
  ...parts,
});

/** Multiplies the score of a clause. */
export const boosted = (query: Clause, factor: number): Clause =>
  factor === 1 || query.is === "none" ? query : { is: "boost", query, factor };

/** The clauses directly within a clause. */
export const innerClauses = (clause: Clause): readonly Clause[] => {
  switch (clause.is) {
    case "best":
      return clause.of;
    case "bool":
      return [...clause.must, ...clause.filter, ...clause.should, ...clause.mustNot];
    case "nested":
    case "boost":
    case "constant":
      return [clause.query];
    case "demoting":
      return [clause.positive, clause.negative];
    default:
      return [];
  }
};
