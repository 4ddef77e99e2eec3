import { describe, expect, it } from "@jest/globals";
import type { CounterChange } from "../../../core/ports/state.ts";
import { applyCounterChange, mergeCounterUpdates } from "../../../core/store/counter-updates.ts";

const merge = (...changes: CounterChange[]) => changes.reduce((first, later) => mergeCounterUpdates(first, later));

describe("changes of one counter in a transaction", () => {
  it("add up, within the lowest maximum", () => {
    expect(merge({ add: { n: 2 }, max: { n: 9 } }, { add: { n: 3, m: 1 }, max: { n: 8 } })).toEqual({
      add: { n: 5, m: 1 },
      set: {},
      max: { n: 8 },
      when: {},
    });
  });

  it("add to numbers that an earlier one sets, without conditions on them", () => {
    expect(
      merge(
        { set: { n: 1, life: 7 }, when: { life: null } },
        { add: { n: 2 }, max: { n: 9 }, when: { life: 7, from: 0 } },
      ),
    ).toEqual({ add: {}, set: { n: 3, life: 7 }, max: {}, when: { life: null, from: 0 } });
  });

  it("set numbers that an earlier one adds to", () => {
    expect(merge({ add: { n: 2 }, max: { n: 3 } }, { set: { n: 0 } })).toEqual({
      add: {},
      set: { n: 0 },
      max: {},
      when: {},
    });
  });

  it("apply to what is stored", () => {
    expect(applyCounterChange({ n: 1, m: 4 }, { add: { n: 2, k: 1 }, set: { m: 0 } })).toEqual({ n: 3, m: 0, k: 1 });
    expect(applyCounterChange(undefined, { add: { n: 2 } })).toEqual({ n: 2 });
  });
});
