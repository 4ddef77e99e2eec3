/** Why a hit has its score. */
export interface Explanation {
  readonly value: number;
  readonly description: string;
  readonly details: readonly Explanation[];
}

export interface Hit {
  readonly _id: string;
  readonly _score: number | null;
  readonly _source?: Readonly<Record<string, unknown>>;
  readonly highlight?: Readonly<Record<string, readonly string[]>>;
  readonly _explanation?: Explanation | null;
}

export interface FacetValue {
  readonly value: unknown;
  readonly count: number;
}

/** The answer to a search. */
export interface Answer {
  readonly took: number;
  readonly hits: {
    readonly total?: { readonly value: number; readonly relation: "eq" | "gte" };
    readonly hits: readonly Hit[];
  };
  readonly facets?: Readonly<Record<string, readonly FacetValue[]>>;
  readonly aggregations?: unknown;
  readonly suggest?: unknown;
}

/** Splits a text with marks into parts: what is in `<em>` was found. */
export const splitMarks = (text: string): readonly { readonly text: string; readonly isFound: boolean }[] =>
  text
    .split(/<em>(.*?)<\/em>/s)
    .map((part, index) => ({ text: part, isFound: index % 2 === 1 }))
    .filter((part) => part.text !== "");
