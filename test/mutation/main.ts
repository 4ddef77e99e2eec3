// npm run test:mutation -- FOLDER|FILE...
// Changes the sources in small ways and lists the changes that no test notices.
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { AREAS } from "./areas.ts";
import { formatSummary } from "./summary.ts";

/** Killed mutants, in percent, below which a run fails. */
const MIN_SCORE_PERCENT = 85;
/** Results of earlier runs, which are reused for unchanged sources and tests. */
const RESULTS_FOLDER = "coverage/mutation";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: "string", default: "1" },
    fresh: { type: "boolean", default: false },
    unit: { type: "boolean", default: false },
  },
});

const fail = (message: string): never => {
  console.error(message);
  process.exit(2);
};

/** The area of a folder or file. */
const areaOf = (path: string): string =>
  Object.keys(AREAS).find((folder) => path === folder || path.startsWith(`${folder}/`)) ??
  fail(`No area contains ${path}. The areas are ${Object.keys(AREAS).join(", ")}. Add one to test/mutation/areas.ts.`);

/**
 * Removes mutants that survived from the results of earlier runs, so that they are tested again: Stryker does not notice
 * new tests of constants.
 */
const forgetSurvivors = (file: string): void => {
  if (!existsSync(file)) return;
  const report = JSON.parse(readFileSync(file, "utf8")) as { files: Record<string, { mutants: { status: string }[] }> };
  for (const source of Object.values(report.files))
    source.mutants = source.mutants.filter(({ status }) => status !== "Survived" && status !== "NoCoverage");
  writeFileSync(file, JSON.stringify(report));
};

/** Runs these tests against each mutant that no earlier run has killed. */
const runTests = (area: string, paths: readonly string[], testFiles: readonly string[], isFresh: boolean) => {
  const incrementalFile = join(RESULTS_FOLDER, `${area.replaceAll("/", "-")}.json`);
  forgetSurvivors(incrementalFile);
  return new Stryker({
    mutate: paths.map((path) => (path.endsWith(".ts") ? path : `${path}/**/*.ts`)),
    testRunner: "jest-by-file",
    plugins: [join(import.meta.dirname, "jest-by-file.ts")],
    testRunnerNodeArgs: ["--experimental-vm-modules", "--no-warnings"],
    jest: {
      projectType: "custom",
      enableFindRelatedTests: false,
      config: {
        // Replaces fields of jest.config.mjs.
        testMatch: testFiles.map((file) => `<rootDir>/${file}`),
        reporters: [],
        testTimeout: 20_000,
        // The packages of the workspace are links out of the copy that Stryker changes.
        moduleNameMapper: { "^@kintoun/(kit|testing)$": "<rootDir>/$1/index.ts" },
      },
    },
    coverageAnalysis: "perTest",
    concurrency: Number(values.concurrency),
    // Modules of earlier runs stay in the heap.
    maxTestRunnerReuse: 50,
    timeoutMS: 5000,
    incremental: true,
    force: isFresh,
    incrementalFile,
    tempDirName: join(tmpdir(), "kintoun-mutation"),
    ignorePatterns: ["coverage", "docs", "bench", "cdk.out", ".kintoun"],
    disableTypeChecks: "{core,adapters}/**/*.ts",
    reporters: ["progress-append-only"],
    allowConsoleColors: false,
  }).runMutationTest();
};

/** @returns whether the tests kill enough mutants */
const runArea = async (area: string, paths: readonly string[]): Promise<boolean> => {
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  const { unit = [], integration = [] } = AREAS[area] ?? {};
  const hasUnitTests = globSync([...unit]).length > 0;
  let results = hasUnitTests ? await runTests(area, paths, unit, values.fresh) : [];
  if (!values.unit || !hasUnitTests)
    results = await runTests(area, paths, [...unit, ...integration], values.fresh && !hasUnitTests);
  const { text, scorePercent } = formatSummary(
    results.map((result) => ({ ...result, fileName: relative("", result.fileName) })),
  );
  console.log(`\n${area}\n${text}`);
  return scorePercent >= MIN_SCORE_PERCENT;
};

const paths = positionals.length > 0 ? positionals : Object.keys(AREAS);
for (const path of paths) if (!existsSync(path)) fail(`There is no ${path}. Name folders or files of the checkout.`);
for (const [area, own] of Map.groupBy(paths, areaOf)) if (!(await runArea(area, own))) process.exitCode = 1;
