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
  visit: (doc: number, value: number, isDate: boolean) => void,
): void => {
  const columns = columnsOf(segment, paths).map((column) => ({ column, numbers: column.numbers() }));
  if (columns.length === 0) return;
  for (let at = 0; at < docs.length; at++) {
    const doc = docs[at] as number;
    for (const { column, numbers } of columns) {
      const values = column.valuesOf(doc);
      for (let i = 0; i < values.length; i++) {
        const n = values[i] as number;
        const number = numbers[n] as number;
        if (Number.isNaN(number)) continue;
        visit(doc, number, values.length > 1 && isDate(column.value(n)));
      }
    }
  }
};

/** Collects the documents of buckets, for the aggregations below them. */
export class BucketDocs {
  readonly #groups: readonly DocGroup[];
  readonly #docs: number[][][] = [];

  constructor(groups: readonly DocGroup[]) {
    this.#groups = groups;
  }

  /** Adds a document. Documents of a group come in ascending order; the same one again has no effect. */
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
