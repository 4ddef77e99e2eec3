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
    "skip-constants": { type: "boolean", default: false },
    unit: { type: "boolean", default: false },
  },
});

// Read by test/fast-check.ts.
process.env.PROPERTY_FAST = "1";

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
const runTests = (
  area: string,
  paths: readonly string[],
  testFiles: readonly string[],
  pass: "unit" | "integration",
) => {
  const incrementalFile = join(RESULTS_FOLDER, `${area.replaceAll("/", "-")}-${pass}.json`);
  forgetSurvivors(incrementalFile);
  return new Stryker({
    mutate: paths.map((path) => (existsSync(path) && !path.endsWith(".ts") ? `${path}/**/*.ts` : path)),
    testRunner: "in-process",
    plugins: [join(import.meta.dirname, "in-process-runner.ts")],
    testRunnerNodeArgs: ["--no-warnings"],
    tests: testFiles,
    coverageAnalysis: "perTest",
    concurrency: Number(values.concurrency),
    timeoutMS: 5000,
    // A changed constant of a module needs a new process.
    ignoreStatic: values["skip-constants"],
    incremental: true,
    force: values.fresh,
    incrementalFile,
    tempDirName: join(tmpdir(), "kintoun-mutation"),
    ignorePatterns: ["coverage", "docs", "bench", "cdk.out", ".kintoun"],
    disableTypeChecks: "{core,adapters}/**/*.ts",
    reporters: ["progress-append-only"],
    allowConsoleColors: false,
  }).runMutationTest();
};

type Results = Awaited<ReturnType<typeof runTests>>;

const isSurvivor = ({ status }: Results[number]): boolean => status === "Survived" || status === "NoCoverage";
const identify = ({ fileName, location, replacement }: Results[number]): string =>
  JSON.stringify([relative("", fileName), location, replacement]);

/** @returns whether the tests kill enough mutants */
const runArea = async (area: string, paths: readonly string[]): Promise<boolean> => {
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  const { unit = [], integration = [] } = AREAS[area] ?? {};
  let results: Results = [];
  if (globSync([...unit]).length > 0) results = await runTests(area, paths, unit, "unit");
  const survivors = results.filter(isSurvivor);
  if (!values.unit && (results.length === 0 || survivors.length > 0)) {
    const lines = survivors.map(
      ({ fileName, location: { start, end } }) => `${relative("", fileName)}:${start.line}-${end.line}`,
    );
    const second = await runTests(area, results.length === 0 ? paths : [...new Set(lines)], integration, "integration");
    const killed = new Set(second.filter((result) => !isSurvivor(result)).map(identify));
    results =
      results.length === 0
        ? second
        : results.map((result) => (killed.has(identify(result)) ? { ...result, status: "Killed" } : result));
  }
  const named = results.map((result) => ({ ...result, fileName: relative("", result.fileName) }));
  // Results of earlier runs are also those of other files, without the survivors.
  const isRequested = (file: string) => paths.some((path) => file === path || file.startsWith(`${path}/`));
  const { text, scorePercent } = formatSummary(named.filter(({ fileName }) => isRequested(fileName)));
  console.log(`\n${area}\n${text}`);
  return scorePercent >= MIN_SCORE_PERCENT;
};

const paths = positionals.length > 0 ? positionals : Object.keys(AREAS);
for (const path of paths) if (!existsSync(path)) fail(`There is no ${path}. Name folders or files of the checkout.`);
for (const [area, own] of Map.groupBy(paths, areaOf)) if (!(await runArea(area, own))) process.exitCode = 1;
