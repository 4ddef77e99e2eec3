import { describe, expect, it } from "@jest/globals";
import { countWhile } from "../../../lib/util/count-while.ts";

describe("countWhile", () => {
  it.each([0, 1, 2, 7, 100])("finds each border in %d items", (size) => {
    const items = Array.from({ length: size }, (_, n) => n);

    for (let border = 0; border <= size; border++) expect(countWhile(items, (item) => item < border)).toBe(border);
  });
});
