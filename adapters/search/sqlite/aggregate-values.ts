import type { DocGroup } from "./aggregate.ts";
import type { Column, Segment } from "./segment.ts";

/** Dates are values beside their texts: see `encodeDate`. Only numeric aggregations use them. */
export const isDate = (value: string): boolean => value.startsWith("d");

/** The columns of a field. */
export const columnsOf = (segment: Segment, paths: readonly string[]): Column[] =>
  paths.flatMap((path) => segment.column(path) ?? []);

export const hasValue = (segment: Segment, paths: readonly string[], doc: number): boolean =>
  columnsOf(segment, paths).some((column) => column.valuesOf(doc).length > 0);

/** Calls `visit` with each number of each document. Dates are milliseconds since 1970. */
export const visitNumbers = (
  { segment, docs }: DocGroup,
  paths: readonly string[],
  visit: (doc: number, value: number) => void,
): void => {
  const columns = columnsOf(segment, paths);
  const visitColumn = (column: Column, docs: ArrayLike<number>): void => {
    const numbers = column.numbers();
    column.visitValues(docs, (n, doc) => {
      const value = numbers[n] as number;
      if (!Number.isNaN(value)) visit(doc, value);
    });
  };
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) visitColumn(only, docs);
  // All values of a document come after another.
  else if (columns.length > 1)
    for (let at = 0; at < docs.length; at++) for (const column of columns) visitColumn(column, [docs[at] as number]);
};

/** Calls `visit` with each value of each document. A date always stands beside its text, which counts instead. */
export const visitTexts = (
  { segment, docs }: DocGroup,
  paths: readonly string[],
  visit: (column: Column, n: number) => void,
): void => {
  for (const column of columnsOf(segment, paths))
    column.visitValues(docs, (n) => {
      if (!isDate(column.value(n))) visit(column, n);
    });
};

/** Collects the documents of buckets, for the aggregations below them. */
export class BucketDocs {
  readonly #groups: readonly DocGroup[];
  readonly #docs: number[][][] = [];

  constructor(groups: readonly DocGroup[]) {
    this.#groups = groups;
  }

  /** Adds a document. The same one again has no effect, if no other comes between. */
  add(bucket: number, group: number, doc: number): void {
    let byGroup = this.#docs[bucket];
    if (byGroup === undefined) {
      byGroup = this.#groups.map(() => []);
      this.#docs[bucket] = byGroup;
    }
    const docs = byGroup[group] as number[];
    if (docs.length === 0 || docs[docs.length - 1] !== doc) docs.push(doc);
  }

  /** Removes what a bucket has. */
  clear(bucket: number): void {
    delete this.#docs[bucket];
  }

  groupsOf(bucket: number): readonly DocGroup[] {
    const byGroup = this.#docs[bucket];
    return this.#groups.map((group, index) => ({ ...group, docs: byGroup?.[index] ?? [] }));
  }
}
