import { describe, expect, it } from "@jest/globals";
import { DocSet } from "../../../../adapters/search/sqlite/doc-set.ts";
import fc from "../../../fast-check.ts";

const SIZE = 100;
const numbers = fc.uniqueArray(fc.nat(SIZE - 1));
const sorted = (docs: Iterable<number>) => [...docs].sort((a, b) => a - b);

describe("DocSet", () => {
  it("acts as a set of numbers", () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const set = (docs: readonly number[]) => DocSet.of(SIZE, docs);
        expect([...set(a)]).toEqual(sorted(a));
        expect(set(a).count()).toBe(a.length);
        expect(set(a).isEmpty).toBe(a.length === 0);
        expect([...set(a).and(set(b))]).toEqual(sorted(a.filter((doc) => b.includes(doc))));
        expect([...set(a).or(set(b))]).toEqual(sorted(new Set([...a, ...b])));
        expect([...set(a).andNot(set(b))]).toEqual(sorted(a.filter((doc) => !b.includes(doc))));
      }),
    );
  });

  it("visits the same numbers as its iterator", () => {
    const visited: number[] = [];
    DocSet.of(SIZE, [0, 31, 32, 63, 99]).forEach((doc) => void visited.push(doc));

    expect(visited).toEqual([0, 31, 32, 63, 99]);
  });

  it.each([0, 1, 31, 32, 33, 64])("has all %i numbers and no more", (size) => {
    expect([...DocSet.all(size)]).toEqual(Array.from({ length: size }, (_, n) => n));
    expect(DocSet.all(size).count()).toBe(size);
  });

  it("adds and deletes numbers, and copies do not change with it", () => {
    const set = DocSet.of(SIZE, [5]);
    const copy = set.copy();
    set.add(31);
    set.delete(5);

    expect([set.has(5), set.has(31), ...copy]).toEqual([false, true, 5]);
  });
});
