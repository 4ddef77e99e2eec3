/**
 * A parsed query, in the terms that every engine supports. `path` is the path of a field (see `extractFields`), `null`
 * for all fields. Values are encoded by `encodeValue`.
 */
export type Clause =
  | { readonly is: "all" }
  | { readonly is: "none" }
  | { readonly is: "ids"; readonly ids: readonly string[] }
  /** The path, or one below it, has a value other than null. */
  | { readonly is: "present"; readonly path: string }
  /** One text of a field contains any word of the text, all words, or the phrase. Scored by relevance. */
  | {
      readonly is: "words";
      readonly path: string | null;
      readonly text: string;
      readonly match: "any" | "all" | "phrase";
      readonly boost: number;
    }
  /** The field contains one of these words, or a word that begins with one of them. */
  | { readonly is: "word"; readonly path: string; readonly anyOf: readonly string[]; readonly prefix: boolean }
  | { readonly is: "values"; readonly path: string | null; readonly anyOf: readonly string[]; readonly boost: number }
  | { readonly is: "between"; readonly path: string; readonly from: Bound; readonly to: Bound }
  /** Any of these clauses. Scored by the best. */
  | { readonly is: "best"; readonly of: readonly Clause[] }
  /** Scored by the sum of the matching clauses in `must` and `should`. */
  | {
      readonly is: "bool";
      readonly must: readonly Clause[];
      readonly should: readonly Clause[];
      readonly filter: readonly Clause[];
      readonly mustNot: readonly Clause[];
      /** Number of clauses of `should` that must match. At least 1 when nothing else is required. */
      readonly minimumShouldMatch: number;
    };

export interface Bound {
  readonly value: string;
  readonly inclusive: boolean;
}

/** Joins clauses by `best`. Leaves out those that match nothing. */
export const anyOf = (clauses: readonly Clause[]): Clause => {
  const [first, ...others] = clauses.filter((clause) => clause.is !== "none");
  if (first === undefined) return { is: "none" };
  return others.length === 0 ? first : { is: "best", of: [first, ...others] };
};
