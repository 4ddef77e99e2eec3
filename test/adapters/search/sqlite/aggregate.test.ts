import { describe, expect, it } from "@jest/globals";
import { aggregate, toArray } from "../../../../adapters/search/sqlite/aggregate.ts";
import { DocSet } from "../../../../adapters/search/sqlite/doc-set.ts";
import { FieldColumn } from "../../../../adapters/search/sqlite/field-column.ts";
import type { Segment } from "../../../../adapters/search/sqlite/segment.ts";
import { parseSearch } from "../../../../core/search/request.ts";
import { encodeValue } from "../../../../core/search/values.ts";
import type { Json } from "../../../../lib/json.ts";

const SIZE = 2000;

/** A segment with one column `n`. */
const createSegment = (numberOf: (doc: number) => number, size = SIZE): Segment => {
  const column = new FieldColumn(0, "n");
  for (let doc = 0; doc < size; doc++)
    column.add(doc, { words: 0, values: [column.intern(encodeValue(numberOf(doc))).n] }, size);
  return {
    size,
    docs: DocSet.all(size),
    column: (path: string) => (path === "n" ? column : undefined),
  } as unknown as Segment;
};

const compute = (segment: Segment, it: Json, checkTime = () => {}) =>
  aggregate(parseSearch({ aggs: { it } }).aggregations, [{ segment, index: 0, docs: toArray(segment.docs) }], {
    evaluate: () => DocSet.all(SIZE),
    checkTime,
    findTopHits: () => ({}),
  }).it;

describe("aggregate", () => {
  it("keeps only the page of composite in memory, with all its documents", () => {
    // The values fall, so that later documents push earlier ones from the page. There are more than are kept.
    const size = 30_000;
    const segment = createSegment((doc) => Math.floor((size - doc) / 2), size);
    const sources = [{ n: { terms: { field: "n" } } }, { again: { terms: { field: "n", order: "desc" } } }];

    expect(compute(segment, { composite: { size: 2, sources }, aggs: { n: { max: { field: "n" } } } })).toEqual({
      after_key: { n: 1, again: 1 },
      buckets: [
        { key: { n: 0, again: 0 }, doc_count: 1, n: { value: 0 } },
        { key: { n: 1, again: 1 }, doc_count: 2, n: { value: 1 } },
      ],
    });
  });

  it("looks at the time in each bucket", () => {
    let looks = 0;
    const check = () => {
      if (++looks === 5) throw new Error("too slow");
    };
    const segment = createSegment((doc) => doc % 10);

    expect(() => compute(segment, { terms: { field: "n" }, aggs: { n: { max: { field: "n" } } } }, check)).toThrow(
      "too slow",
    );
  });

  it("refuses more buckets than an answer may have, also of several levels", () => {
    const segment = createSegment((doc) => doc);
    const histogram = { histogram: { field: "n", interval: 1 } };

    expect(compute(segment, histogram)).toMatchObject({ buckets: { length: SIZE } });
    const nested = { filters: { filters: Array.from({ length: 6 }, () => ({ match_all: {} })) }, aggs: { histogram } };
    expect(() => compute(segment, nested)).toThrow("more than 10000 buckets");
  });

  it("counts again after values were removed and their numbers used again", () => {
    const column = new FieldColumn(0, "n");
    const segment = { size: 4, docs: DocSet.all(2), column: () => column } as unknown as Segment;
    const add = (doc: number, value: number) =>
      column.add(doc, { words: 0, values: [column.intern(encodeValue(value)).n] }, 4);
    add(0, 1);
    add(1, 2);
    expect(compute(segment, { sum: { field: "n" } })).toEqual({ value: 3 });

    column.remove(0, { words: 0, values: [0] }, 4);
    add(0, 40);
    expect(compute(segment, { sum: { field: "n" } })).toEqual({ value: 42 });
  });
});
