import { globSync } from "node:fs";
import { registerHooks } from "node:module";
import { relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { MutantRunOptions, TestRunner } from "@stryker-mutator/api/test-runner";
import type { Suite, Test } from "./jest-globals.ts";

/** Of Stryker's options. */
interface Options {
  /** Patterns of test files, relative to the checkout. */
  readonly tests: readonly string[];
}

/** What the changed sources read and write. */
interface Instrumentation {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: object;
}
const instrumentation = (): Instrumentation => {
  const scope = globalThis as { __stryker__?: Instrumentation };
  scope.__stryker__ ??= {};
  return scope.__stryker__;
};

interface LoadedTest extends Test {
  readonly file: string;
}

/** Time for the hooks after a failure, in ms. */
const CLEANUP_MS = 2000;
/** Time for one test, in ms. Stryker's own limit is that of all tests of a mutant. */
const MAX_TEST_MS = 10_000;

// Tests may replace the global one.
const { setTimeout: startTimer } = globalThis;

/** Rejects when work takes longer than a time in ms. */
const runWithin = async (ms: number, work: () => unknown): Promise<void> => {
  const expired = Promise.withResolvers<never>();
  const timer = startTimer(() => expired.reject(new Error(`It takes longer than ${ms} ms`)), ms);
  try {
    await Promise.race([work(), expired.promise]);
  } finally {
    clearTimeout(timer);
  }
};

const GLOBALS = pathToFileURL(resolve("test/mutation/jest-globals.ts")).href;

/**
 * Runs tests in the process that loaded them. A mutant is switched on while it runs, so that nothing is loaded again. In
 * jest each mutant takes more than a second for that.
 */
const createRunner = (options: Options): TestRunner => {
  let loaded: readonly LoadedTest[] | undefined;
  /** @param only the file to load; default: all */
  const load = async (only?: string): Promise<readonly LoadedTest[]> => {
    if (loaded !== undefined) return loaded;
    registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === "@jest/globals") return { url: GLOBALS, shortCircuit: true };
        const own = /^@kintoun\/(kit|testing)$/.exec(specifier)?.[1];
        return own === undefined
          ? next(specifier, context)
          : next(pathToFileURL(resolve(own, "index.ts")).href, context);
      },
    });
    const { loadTests } = (await import(GLOBALS)) as typeof import("./jest-globals.ts");
    const all = globSync([...options.tests]);
    // Constants of a module are covered by all tests, which would take too long.
    const files = only !== undefined && all.includes(only) ? [only] : all;
    const tests: LoadedTest[] = [];
    for (const file of files.toSorted()) {
      const own = await loadTests(file, () => import(pathToFileURL(resolve(file)).href));
      tests.push(...own.map((test) => ({ ...test, file })));
    }
    loaded = tests;
    return tests;
  };

  /** Runs tests until one fails. @param onResult is called after each */
  const runTests = async (tests: readonly LoadedTest[], onResult: (test: LoadedTest, ms: number) => void) => {
    const { suitesOf } = (await import(GLOBALS)) as typeof import("./jest-globals.ts");
    const open: Suite[] = [];
    const close = async (until: readonly Suite[]): Promise<void> => {
      while (open.length > 0 && !until.includes(open.at(-1) as Suite))
        for (const hook of open.pop()?.afterAll ?? []) await hook();
    };
    try {
      for (const test of tests) {
        const suites = suitesOf(test.suite);
        const startedAt = performance.now();
        instrumentation().currentTestId = test.id;
        try {
          await close(suites);
          for (const suite of suites.filter((one) => !open.includes(one))) {
            open.push(suite);
            for (const hook of suite.beforeAll) await hook();
          }
          for (const hook of suites.flatMap((suite) => suite.beforeEach)) await hook();
          try {
            await runWithin(MAX_TEST_MS, test.run);
          } finally {
            for (const hook of suites.toReversed().flatMap((suite) => suite.afterEach)) await hook();
          }
        } catch (error) {
          return { test, error };
        }
        onResult(test, performance.now() - startedAt);
      }
      return undefined;
    } finally {
      await runWithin(CLEANUP_MS, () => close([])).catch(() => undefined);
    }
  };

  return {
    capabilities: () => ({ reloadEnvironment: false }),
    init: async () => {
      process.on("unhandledRejection", () => undefined);
    },
    dryRun: async () => {
      const all = await load();
      const results: { id: string; name: string; fileName: string; timeSpentMs: number; status: 0 }[] = [];
      const failed = await runTests(all, ({ id, file }, ms) => {
        results.push({ id, name: id, fileName: resolve(file), timeSpentMs: Math.round(ms), status: 0 });
      });
      if (failed !== undefined)
        return { status: "error", errorMessage: `${failed.test.id}: ${String(failed.error)}` } as never;
      return { status: "complete", tests: results, mutantCoverage: instrumentation().mutantCoverage } as never;
    },
    mutantRun: async ({ activeMutant, testFilter, mutantActivation, hitLimit, sandboxFileName }: MutantRunOptions) => {
      const state = instrumentation();
      const own = relative("", sandboxFileName).replace(/^(.*)\.ts$/, "test/$1.test.ts");
      if (mutantActivation === "static") state.activeMutant = activeMutant.id;
      const all = await load(mutantActivation === "static" ? own : undefined);
      state.activeMutant = activeMutant.id;
      state.hitCount = hitLimit === undefined ? undefined : 0;
      state.hitLimit = hitLimit;
      const wanted = testFilter === undefined ? all : all.filter(({ id }) => testFilter.includes(id));
      const sorted = [...wanted.filter(({ file }) => file === own), ...wanted.filter(({ file }) => file !== own)];
      let nrOfTests = 0;
      const failed = await runTests(sorted, () => nrOfTests++);
      state.activeMutant = undefined;
      if (hitLimit !== undefined && (state.hitCount ?? 0) > hitLimit)
        return { status: "timeout", reason: "hit limit" } as never;
      if (failed === undefined) return { status: "survived", nrOfTests } as never;
      return {
        ...{ status: "killed", killedBy: [failed.test.id], nrOfTests: nrOfTests + 1 },
        failureMessage: String(failed.error).slice(0, 500),
      } as never;
    },
  };
};
createRunner.inject = ["options"] as const;

/** Read by Stryker. */
export const strykerPlugins = [{ kind: "TestRunner", name: "in-process", factory: createRunner }];
export const strykerValidationSchema = { properties: { tests: { type: "array", items: { type: "string" } } } };
