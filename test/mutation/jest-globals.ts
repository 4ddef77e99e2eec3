// Stands in for @jest/globals where unit tests run without jest: see in-process-runner.ts.
import { createRequire } from "node:module";

type Expect = typeof import("@jest/globals").expect;

const requireOfJest = createRequire(createRequire(import.meta.url).resolve("@jest/globals"));
export const expect = (requireOfJest("@jest/expect") as { readonly jestExpect: Expect }).jestExpect;

type Hook = () => unknown;
type Body = (...args: never[]) => unknown;

export interface Suite {
  readonly name: string;
  readonly parent: Suite | undefined;
  readonly beforeAll: Hook[];
  readonly beforeEach: Hook[];
  readonly afterEach: Hook[];
  readonly afterAll: Hook[];
}

export interface Test {
  readonly id: string;
  readonly suite: Suite;
  readonly run: Hook;
}

const createSuite = (name: string, parent: Suite | undefined): Suite => ({
  ...{ name, parent, beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] },
});

/** The tests of the file that is being loaded. */
let tests: Test[] = [];
let suite = createSuite("", undefined);

/** Loads a file of tests. @param name identifies its tests */
export const loadTests = async (name: string, load: () => Promise<unknown>): Promise<readonly Test[]> => {
  [tests, suite] = [[], createSuite(name, undefined)];
  await load();
  return tests;
};

/** A suite and those that contain it, outermost first. */
export const suitesOf = (of: Suite): readonly Suite[] => [...(of.parent === undefined ? [] : suitesOf(of.parent)), of];

const each =
  (define: (name: string, run: Body) => void) =>
  (rows: readonly unknown[]) =>
  (name: string, run: Body): void => {
    for (const [index, row] of rows.entries()) {
      const args = (Array.isArray(row) ? row : [row]) as never[];
      define(`${name} (${index + 1})`, () => run(...args));
    }
  };

const defineSuite = (name: string, define: Body): void => {
  const outer = suite;
  suite = createSuite(name, outer);
  (define as Hook)();
  suite = outer;
};
const defineTest = (name: string, run: Body): void => {
  const path = [...suitesOf(suite).map((one) => one.name), name].join(" ");
  const count = tests.filter(({ id }) => id === path || id.startsWith(`${path} [`)).length;
  tests.push({ id: count === 0 ? path : `${path} [${count + 1}]`, suite, run: run as Hook });
};

export const describe = Object.assign(defineSuite, { each: each(defineSuite) });
export const it = Object.assign(defineTest, { each: each(defineTest) });
export const beforeAll = (hook: Hook): void => void suite.beforeAll.push(hook);
export const beforeEach = (hook: Hook): void => void suite.beforeEach.push(hook);
export const afterEach = (hook: Hook): void => void suite.afterEach.unshift(hook);
export const afterAll = (hook: Hook): void => void suite.afterAll.unshift(hook);

interface Timer {
  readonly at: number;
  readonly run: () => void;
}
const { setTimeout: realSetTimeout } = globalThis;
const realNow = performance.now.bind(performance);
let [now, timers]: [number, Timer[]] = [0, []];

/** Runs the next timer that is due until a time. Returns whether there was one. */
const runNextTimer = async (end: number): Promise<boolean> => {
  await new Promise((resolve) => setImmediate(resolve));
  const [next] = timers.toSorted((a, b) => a.at - b.at);
  if (next === undefined || next.at > end) return false;
  timers = timers.filter((timer) => timer !== next);
  now = next.at;
  next.run();
  return true;
};

/** The part of jest's own API that unit tests use. */
export const jest = {
  useFakeTimers: () => {
    [now, timers] = [0, []];
    const fake = (run: () => void, ms = 0) => void timers.push({ at: now + ms, run });
    globalThis.setTimeout = fake as never;
    performance.now = () => now;
  },
  useRealTimers: () => {
    globalThis.setTimeout = realSetTimeout;
    performance.now = realNow;
  },
  advanceTimersByTimeAsync: async (ms: number) => {
    const end = now + ms;
    while (await runNextTimer(end)) {
      // The next one may be new.
    }
    now = end;
  },
  advanceTimersToNextTimerAsync: async () => {
    await runNextTimer(Number.POSITIVE_INFINITY);
  },
};
