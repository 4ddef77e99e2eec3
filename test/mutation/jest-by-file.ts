import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { strykerPlugins as jestPlugins } from "@stryker-mutator/jest-runner";

const [jestPlugin] = jestPlugins;
type CreateRunner = NonNullable<typeof jestPlugin>["factory"];
type TestRunner = ReturnType<CreateRunner>;
type MutantRunOptions = Parameters<TestRunner["mutantRun"]>[0];
type MutantRunResult = Awaited<ReturnType<TestRunner["mutantRun"]>>;

/** Files of the tests by test id. Written to the copy that Stryker changes, because several processes run the tests. */
const TEST_FILES = "files-of-tests.json";

interface JestOptions {
  jest: { config: { testMatch: readonly string[] } };
}

/**
 * Stryker's runner for jest loads all test files for each mutant. This one loads only those that cover it, and first the
 * one of the same path as the source: `test/core/store/view.test.ts` for `core/store/view.ts`.
 */
const createRunner = (injector: NonNullable<Parameters<CreateRunner>[0]>, options: JestOptions): TestRunner => {
  if (jestPlugin === undefined) throw new Error("@stryker-mutator/jest-runner has no test runner. Check its version.");
  const runner = jestPlugin.factory(injector);
  const readTestFiles = (): Record<string, string> =>
    existsSync(TEST_FILES) ? (JSON.parse(readFileSync(TEST_FILES, "utf8")) as Record<string, string>) : {};

  const runTests = async (
    mutant: MutantRunOptions,
    tests: readonly string[],
    files: Readonly<Record<string, string>>,
  ): Promise<MutantRunResult> => {
    const testMatch = [...new Set(tests.map((test) => `<rootDir>/${files[test]}`))];
    options.jest = { ...options.jest, config: { ...options.jest.config, testMatch } };
    // Reads the options again.
    await runner.init?.();
    return runner.mutantRun({ ...mutant, testFilter: [...tests] });
  };

  return {
    capabilities: () => runner.capabilities(),
    init: async () => runner.init?.(),
    dryRun: async (dryRun) => {
      const result = await runner.dryRun(dryRun);
      const tests = "tests" in result ? result.tests : [];
      const files = tests.map(({ id, fileName = "" }) => [id, relative("", fileName)]);
      writeFileSync(TEST_FILES, JSON.stringify(Object.fromEntries(files)));
      return result;
    },
    mutantRun: async (mutant) => {
      const files = readTestFiles();
      const source = relative("", mutant.sandboxFileName);
      const own = join("test", source.replace(/\.ts$/, ".test.ts"));
      const tests = mutant.testFilter ?? Object.keys(files);
      const [first = [], rest = []] = [true, false].map((isOwn) => tests.filter((id) => (files[id] === own) === isOwn));
      // Constants of a module are covered by all tests, which would take too long.
      if (mutant.testFilter === undefined && first.length > 0) return runTests(mutant, first, files);
      if (first.length === 0) return runTests(mutant, tests, files);
      const result = await runTests(mutant, first, files);
      if (result.status !== "survived" || rest.length === 0) return result;
      return runTests(mutant, rest, files);
    },
  };
};
createRunner.inject = ["$injector", "options"] as const;

/** Read by Stryker. */
export const strykerPlugins = [{ kind: jestPlugin?.kind, name: "jest-by-file", factory: createRunner }];
export { strykerValidationSchema } from "@stryker-mutator/jest-runner";
