// Stands in for @jest/globals: jest-light-runner has no time limits, no expect.hasAssertions() and few fake timers.
import { ModernFakeTimers } from "@jest/fake-timers";
import type * as Jest from "@jest/globals";
import { lengthen } from "../time-limits.ts";

type Body = (...args: never[]) => unknown;

const DEFAULT_TIMEOUT_MS = 120_000;

const given = globalThis as unknown as typeof Jest;
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

interface CountedAssertions {
  /** Starts over, and returns an error if the test expected other assertions. */
  extractExpectedAssertionsErrors(): readonly { readonly error: Error }[];
}

/** Lets the test or hook fail that runs now. */
let failRunning: ((error: unknown) => void) | undefined;

// An error that no one awaits would end the process, and with it the test files that are left.
process.on("uncaughtException", (error) => {
  if (failRunning !== undefined) return failRunning(error);
  console.error(`${given.expect.getState().testPath}: this error was thrown while no test ran, so the process ends.`);
  console.error(error);
  process.exit(1);
});

/** Lets a test or hook fail that does not end, or while which an error is thrown that no one awaits. */
const limit = <Run extends Body>(run: Run, timeoutMs = DEFAULT_TIMEOUT_MS): Run => {
  const limitMs = lengthen(timeoutMs);
  const limited = async (...args: never[]): Promise<void> => {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const timer = startTimer(() => reject(new Error(`Exceeded the timeout of ${limitMs} ms.`)), limitMs);
    failRunning = reject;
    try {
      await Promise.race([run(...args), failed]);
    } finally {
      failRunning = undefined;
      stopTimer(timer);
    }
  };
  return limited as unknown as Run;
};

const countAssertions = <Run extends Body>(run: Run): Run => {
  const { extractExpectedAssertionsErrors } = given.expect as unknown as CountedAssertions;
  const counted = async (...args: never[]): Promise<void> => {
    extractExpectedAssertionsErrors();
    await run(...args);
    for (const { error } of extractExpectedAssertionsErrors()) throw error;
  };
  return counted as unknown as Run;
};

type Define = (name: string, run: Body, timeoutMs?: number) => void;
type DefineEach = (...table: readonly unknown[]) => Define;

const limitTests =
  (define: Define): Define =>
  (name, run, timeoutMs) =>
    define(name, limit(countAssertions(run), timeoutMs));

const givenIt = given.it as unknown as Define & { readonly each: DefineEach; readonly only: Define };
export const it = Object.assign(limitTests(givenIt), {
  each: (...table: readonly unknown[]) => limitTests(givenIt.each(...table)),
  only: limitTests(givenIt.only),
});

const limitHooks =
  (define: (run: Body) => void) =>
  (run: Body, timeoutMs?: number): void =>
    define(limit(run, timeoutMs));

export const beforeAll = limitHooks(given.beforeAll as never);
export const beforeEach = limitHooks(given.beforeEach as never);
export const afterEach = limitHooks(given.afterEach as never);
export const afterAll = limitHooks(given.afterAll as never);

export const { describe, expect } = given;

const timers = new ModernFakeTimers({
  config: { fakeTimers: { enableGlobally: false } } as never,
  global: globalThis,
});
export const jest = {
  ...given.jest,
  useFakeTimers: timers.useFakeTimers.bind(timers),
  useRealTimers: timers.useRealTimers.bind(timers),
  advanceTimersByTime: timers.advanceTimersByTime.bind(timers),
  advanceTimersByTimeAsync: timers.advanceTimersByTimeAsync.bind(timers),
  getTimerCount: timers.getTimerCount.bind(timers),
};
