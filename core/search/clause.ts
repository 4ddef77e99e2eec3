/**
 * What a search asks, in the few terms that every engine executes entirely. A `path` is that of a leaf
 * (see `leavesOf`), `null` means any; values are written by `encodeValue`.
 */
export type Clause =
  | { readonly is: "all" }
  | { readonly is: "none" }
  | { readonly is: "ids"; readonly ids: readonly string[] }
  /** Something other than null is at the path or below it. */
  | { readonly is: "present"; readonly path: string }
  /** The text's words are in one leaf's texts: any of them, all, or all in a row. Scored by relevance. */
  | {
      readonly is: "words";
      readonly path: string | null;
      readonly text: string;
      readonly match: "any" | "all" | "phrase";
      readonly boost: number;
    }
  /** One of these is a word of the leaf, or its beginning. */
  | { readonly is: "word"; readonly path: string; readonly anyOf: readonly string[]; readonly beginning: boolean }
  | { readonly is: "values"; readonly path: string | null; readonly anyOf: readonly string[]; readonly boost: number }
  | { readonly is: "between"; readonly path: string; readonly from: Bound; readonly to: Bound }
  /** Any of these; scored by the best. */
  | { readonly is: "best"; readonly of: readonly Clause[] }
  /** Scored by the sum of what matches in `must` and `should`. */
  | {
      readonly is: "bool";
      readonly must: readonly Clause[];
      readonly should: readonly Clause[];
      readonly filter: readonly Clause[];
      readonly mustNot: readonly Clause[];
      /** Of `should`; at least 1 when nothing else is required. */
      readonly minimumShouldMatch: number;
    };

export interface Bound {
  readonly value: string;
  readonly inclusive: boolean;
}

/** Those that say something, joined by {@link Clause} `best`. */
export const anyOf = (clauses: readonly Clause[]): Clause => {
  const [first, ...others] = clauses.filter((clause) => clause.is !== "none");
  if (first === undefined) return { is: "none" };
  return others.length === 0 ? first : { is: "best", of: [first, ...others] };
};
