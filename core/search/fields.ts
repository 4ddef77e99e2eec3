import { clean } from "./values.ts";

/** One way to read a field's name: a leaf's path, and whether its strings are meant as a whole. */
export interface Reading {
  readonly path: string;
  readonly whole: boolean;
}

const KEYWORD = ".keyword";

/**
 * What a field's name in a query may mean: `title.keyword` is the whole string of `title`, as OpenSearch maps strings,
 * and it may as well be a field that the record itself calls so.
 */
export const readingsOf = (name: string): readonly [Reading, ...Reading[]] => {
  const path = clean(name);
  if (!path.endsWith(KEYWORD) || path === KEYWORD) return [{ path, whole: false }];
  return [
    { path: path.slice(0, -KEYWORD.length), whole: true },
    { path, whole: false },
  ];
};

/** The leaves whose values a sort or an aggregation on this field takes. */
export const pathsOf = (name: string): string[] => readingsOf(name).map((reading) => reading.path);
