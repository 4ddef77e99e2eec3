import { describe, expect, it } from "@jest/globals";
import { type RetryLimits, spreadSeconds, startRetries } from "../../../lib/util/backoff.ts";
import { createManualTimer } from "../../manual-timer.ts";

const LIMITS: RetryLimits = { maxAttempts: 8, maxMs: 4000, basePauseMs: 20, maxPauseMs: 500 };

/** Makes attempts that take `attemptMs` until a limit is reached. */
const exhaust = async (limits: RetryLimits, { random = (): number => 0.5, attemptMs = 0 } = {}) => {
  const timer = createManualTimer(random);
  const retries = startRetries(limits, timer);
  let attempts = 0;
  do {
    attempts++;
    timer.advance(attemptMs);
  } while (await retries.pause());
  return { attempts, pauses: timer.pauses, endedAt: timer.now(), description: retries.describe() };
};

describe("startRetries", () => {
  it("ends after the maximum number of attempts", async () => {
    expect(await exhaust(LIMITS)).toMatchObject({ attempts: 8, description: "8 attempts in 810 ms" });
    expect(await exhaust({ ...LIMITS, maxAttempts: 1 })).toMatchObject({ attempts: 1, pauses: [] });
  });

  it("ends when the next attempt would begin after the maximum time, without a pause", async () => {
    const { attempts, pauses, endedAt } = await exhaust(LIMITS, { attemptMs: 900 });

    expect([attempts, pauses]).toEqual([5, [10, 20, 40, 80]]);
    expect(endedAt).toBe(5 * 900 + 150);
  });

  it("counts the time from the start, not from the first pause", async () => {
    expect(await exhaust({ ...LIMITS, maxMs: 100 }, { attemptMs: 101 })).toMatchObject({ attempts: 1, pauses: [] });
  });

  it("doubles the maximum pause up to its limit", async () => {
    const { pauses } = await exhaust(LIMITS, { random: () => 1 - Number.EPSILON });

    expect(pauses.map(Math.round)).toEqual([20, 40, 80, 160, 320, 500, 500]);
  });

  it("chooses pauses from 0 to the maximum", async () => {
    const shares = [0, 0.25, 0.75];
    const { pauses } = await exhaust({ ...LIMITS, maxAttempts: 4 }, { random: () => shares.shift() ?? 0 });

    expect(pauses).toEqual([0, 10, 60]);
  });
});

describe("spreadSeconds", () => {
  it("returns each whole number from the given one to twice as many", () => {
    const seconds = Array.from({ length: 400 }, (_, index) => spreadSeconds(3, () => index / 400));

    expect([...new Set(seconds)]).toEqual([3, 4, 5, 6]);
    expect(seconds.filter((one) => one === 6)).toHaveLength(100);
    expect(spreadSeconds(0, () => 0.999)).toBe(0);
  });

  it("does not return the same number to all callers", () => {
    expect(new Set(Array.from({ length: 200 }, () => spreadSeconds(3))).size).toBeGreaterThan(1);
  });
});
