import { describe, expect, it } from "@jest/globals";
import { ReadBudget } from "../../../core/store/read-budget.ts";

describe("a read budget", () => {
  it("is spent when as many bytes were read, or more", () => {
    const budget = new ReadBudget(100);
    expect([budget.restBytes, budget.isSpent]).toEqual([100, false]);
    budget.spend(60);
    budget.spend(39);
    expect([budget.restBytes, budget.isSpent]).toEqual([1, false]);
    budget.spend(5);
    expect([budget.restBytes, budget.isSpent]).toEqual([0, true]);
  });

  it("is spent when reading takes longer than 15 seconds, but not before the first read", () => {
    let now = 1000;
    const budget = new ReadBudget(100, () => now);
    now += 20_000;
    expect(budget.isSpent).toBe(false);
    budget.spend(1);
    expect(budget.isSpent).toBe(true);
    expect(() => budget.requireRest()).not.toThrow();
    now -= 5000;
    expect(budget.isSpent).toBe(false);
  });

  it.each([
    [64_000_000, 0, 2_800_000],
    [64_000_000, 62_000_000, 2_000_000],
    [64_000_000, 70_000_000, 1],
  ])("of %j bytes, after %j, lets a page have %j bytes", (maxBytes, spentBytes, pageBytes) => {
    const budget = new ReadBudget(maxBytes);
    budget.spend(spentBytes);

    expect(budget.pageBytes).toBe(pageBytes);
    expect(budget.partBytes).toBe(8_000_000);
  });

  it("goes back to a savepoint for work that starts over", () => {
    const budget = new ReadBudget(100);
    budget.spend(10);
    const restore = budget.savepoint();
    budget.spend(90);
    restore();

    expect(budget.restBytes).toBe(90);
  });

  it("refuses further requests of a batch once it is spent", () => {
    const budget = new ReadBudget(1_500_000);
    expect(() => budget.requireRest()).not.toThrow();
    budget.spend(1_500_000);

    expect(() => budget.requireRest()).toThrow(
      expect.objectContaining({
        kind: "REQUEST_TOO_LARGE",
        message:
          "The lists of this batch have read 1.5 MB, which is all that a request may read. Send fewer requests at once.",
      }),
    );
  });
});
