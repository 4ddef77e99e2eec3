// Runs the contract suites on engines of others, side by side: `npm run test:engines [-- opensearch | dynamodb-local |
// elasticmq]`. The test files of an engine run one after the other in one process, which starts the engine once.
import { join } from "node:path";
import { type Count, chooseSuites, countFailure, exitWithTotal, runSuite } from "../runner/run-suites.ts";
import { fetchJars } from "./java.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The folders of test files by engine, the longest first. */
const SUITES = {
  opensearch: "test/engines/opensearch/",
  "dynamodb-local": "test/engines/dynamodb-local/",
  elasticmq: "test/engines/elasticmq/",
};

const runs: Promise<Count>[] = [];
for (const [name, folder] of chooseSuites(SUITES)) {
  try {
    // Here and not in the suites, because Maven does not expect two downloads at a time.
    fetchJars(join(import.meta.dirname, name));
    const args = [process.execPath, "node_modules/jest/bin/jest.js", "--maxWorkers=1", folder] as const;
    runs.push(runSuite(name, { args, cwd: ROOT, env: { SUITE: "engines" } }));
  } catch (error) {
    runs.push(Promise.resolve(countFailure(name, error)));
  }
}
exitWithTotal(await Promise.all(runs));
