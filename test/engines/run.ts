// Runs the contract suites on engines of others, side by side: `npm run test:engines [-- opensearch | dynamodb-local |
// elasticmq]`. The test files of an engine run one after the other in one process, which starts the engine once.
import { join } from "node:path";
import { chooseSuites, exitWithTotal, runSuite } from "../runner/run-suites.ts";

const ROOT = join(import.meta.dirname, "../..");
const SUITES = {
  opensearch: "test/engines/opensearch/",
  "dynamodb-local": "test/engines/dynamodb-local/",
  elasticmq: "test/engines/elasticmq/",
};

exitWithTotal(
  await Promise.all(
    chooseSuites(SUITES).map(([name, folder]) =>
      runSuite(name, {
        args: [process.execPath, "node_modules/jest/bin/jest.js", "--maxWorkers=1", folder],
        cwd: ROOT,
        env: { SUITE: "engines" },
      }),
    ),
  ),
);
