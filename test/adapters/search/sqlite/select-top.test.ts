import { describe, expect, it } from "@jest/globals";
import { selectTop } from "../../../../adapters/search/sqlite/select-top.ts";
import fc from "../../../fast-check.ts";

describe("selectTop", () => {
  it("returns the first numbers of the sorted ones", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.nat(10), (values, size) => {
        const compare = (a: number, b: number) => (values[a] as number) - (values[b] as number) || a - b;

        expect(selectTop(values.length, size, compare)).toEqual([...values.keys()].sort(compare).slice(0, size));
      }),
    );
  });
});
