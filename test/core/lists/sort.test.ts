import { describe, expect, it } from "@jest/globals";
import { compareSortKeys, isNewestFirst, type Sort, type SortKey, sortKeyOf } from "../../../core/lists/sort.ts";
import { compareValues } from "../../../core/lists/values.ts";
import { type Json, type JsonObject, parseJson } from "../../../lib/json.ts";
import fc, { codePoint } from "../../fast-check.ts";
import { json, objects, path } from "./values.ts";

const sorts = fc.array(
  fc.record({ field: fc.oneof(path, fc.constantFrom("id", "last_modified")), descending: fc.boolean() }),
  { maxLength: 4 },
);
const compareObjects = (criteria: readonly Sort[]) => {
  const [toSortKey, compare] = [sortKeyOf(criteria), compareSortKeys(criteria)];
  return (a: JsonObject, b: JsonObject) => compare(toSortKey(a), toSortKey(b));
};
const ids = (all: readonly JsonObject[]) => all.map(({ id }) => id);

describe("compareValues", () => {
  it("defines a total order of all JSON values", () => {
    const ordered: (Json | undefined)[] = [
      ...[null, "", "B", "a", "ab", "b", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{1F600}"],
      ...[-1e300, -1, 0, 5e-324, 1, 1e300, false, true],
      ...[[], [null], ["a"], [1], [1, 0], [2], [[]], {}, { a: 1 }, { a: 1, b: 0 }, { a: 2 }, { b: 0 }, undefined],
    ];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries())
        expect({ a, b, order: Math.sign(compareValues(a, b)) }).toEqual({ a, b, order: Math.sign(i - j) });
    }
    expect(compareValues(0, -0)).toBe(0);
  });

  it("orders strings like their UTF-8 bytes", () => {
    const text = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.array(fc.constantFrom("a", "\ud7ff", "\ue000", "\uffff", "\u{1F600}")).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, text, (a, b) =>
        expect(Math.sign(compareValues(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b))),
      ),
      { numRuns: 1000 },
    );
  });

  it("is antisymmetric and transitive", () => {
    fc.assert(
      fc.property(json, json, json, (a, b, c) => {
        expect(Math.sign(compareValues(a, b))).toBe(0 - Math.sign(compareValues(b, a)));
        const [least, middle, greatest] = [a, b, c].sort(compareValues) as [Json, Json, Json];
        expect(
          [compareValues(least, middle), compareValues(middle, greatest), compareValues(least, greatest)].every(
            (order) => order <= 0,
          ),
        ).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("sortKeyOf and compareSortKeys", () => {
  const LIST: JsonObject[] = [
    { id: "a", last_modified: 1, n: 2 },
    { id: "b", last_modified: 2, n: 1 },
    { id: "c", last_modified: 3 },
    { id: "d", last_modified: 4, n: 2 },
    { id: "e", last_modified: 5, n: null },
  ];
  const up = (field: string): Sort => ({ field, descending: false });
  const down = (field: string): Sort => ({ field, descending: true });

  it.each<[string, Sort[], string]>([
    ["no field", [], "edcba"],
    ["a field, then newest first, with missing values last", [up("n")], "ebdac"],
    ["a field in descending order, with missing values first", [down("n")], "cdabe"],
    ["a field, then oldest first", [up("n"), up("last_modified")], "ebadc"],
    ["last_modified only", [up("last_modified")], "abcde"],
    ["a repeated field, whose first criterion counts", [up("id"), down("id")], "abcde"],
    ["a field that no object has", [down("x")], "edcba"],
  ])("sort by %s", (_, criteria, expected) => {
    expect(ids(LIST.toSorted(compareObjects(criteria))).join("")).toBe(expected);
  });

  it("sort independently of the initial order", () => {
    fc.assert(
      fc.property(objects, sorts, (all, criteria) => {
        const compare = compareObjects(criteria);
        const sorted = all.toSorted(compare);
        expect(ids(all.toReversed().sort(compare))).toEqual(ids(sorted));
        for (const [at, object] of sorted.entries())
          expect(sorted.every((other, key) => Math.sign(compare(object, other)) === Math.sign(at - key))).toBe(true);
      }),
    );
  });

  it("return every object once when pages are read while earlier objects are deleted", () => {
    fc.assert(
      fc.property(objects, sorts, fc.integer({ min: 1, max: 5 }), fc.boolean(), (all, criteria, size, vanish) => {
        const toSortKey = sortKeyOf(criteria);
        const compare = compareSortKeys(criteria);
        let held = all;
        let after: SortKey | undefined;
        const seen: JsonObject[] = [];
        for (;;) {
          const rest = held
            .filter((object) => after === undefined || compare(toSortKey(object), after) > 0)
            .sort(compareObjects(criteria));
          const page = rest.slice(0, size);
          seen.push(...page);
          const last = page.at(-1);
          if (last === undefined) break;
          after = parseJson(JSON.stringify(toSortKey(last))) as SortKey;
          if (vanish) held = held.filter((object) => !page.includes(object));
        }
        expect(ids(seen)).toEqual(ids(all.toSorted(compareObjects(criteria))));
      }),
    );
  });

  it("truncate long values and still return every object once", () => {
    const long = "x".repeat(5000);
    const values: Json[] = [
      `${long}b`,
      `${long}a`,
      "y",
      [long],
      [1, long],
      [1],
      { a: 1, b: long },
      { a: 1 },
      Array(5000).fill(0),
      long.slice(0, 400),
    ];
    const all = values.map((v, at): JsonObject => ({ id: `r${at}`, last_modified: at, v, w: v }));
    for (const criteria of [[up("v")], [down("v")], [up("v"), down("w")]]) {
      const keys = all.toSorted(compareObjects(criteria)).map(sortKeyOf(criteria));
      expect(keys.every((key, at) => at === 0 || compareSortKeys(criteria)(keys[at - 1] as SortKey, key) < 0)).toBe(
        true,
      );
      for (const key of keys) expect(JSON.stringify(key).length).toBeLessThan(2500);
    }
  });

  it("use all of many fields and never truncate ids", () => {
    const many = Array.from({ length: 100 }, (_, at) => up(`f${at}`));
    const [a, b] = [`${"i".repeat(200)}a`, `${"i".repeat(200)}b`].map(
      (id): JsonObject => ({ id, last_modified: 1 }),
    ) as [JsonObject, JsonObject];
    expect(compareObjects(many)(a, b)).toBeLessThan(0);
    expect(compareObjects(many)({ ...a, f99: 2 }, { ...b, f99: 1 })).toBeGreaterThan(0);
  });

  it("distinguish missing values from null", () => {
    expect(sortKeyOf([up("n")])({ id: "a", last_modified: 1, n: null })).toEqual([[null], [1], ["a"]]);
    expect(sortKeyOf([up("n")])({ id: "a", last_modified: 1 })).toEqual([[], [1], ["a"]]);
  });

  it("report the list's own order for no criteria and for newest first", () => {
    expect(
      [[], [down("last_modified")], [down("last_modified"), up("a")], [up("last_modified")], [up("a")]].map(
        isNewestFirst,
      ),
    ).toEqual([...[true, true, true], ...[false, false]]);
  });
});
