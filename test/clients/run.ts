// Runs the client suites: `npm run test:clients [-- kinto-js | kinto-http-py]`. Without a name, both run at the same
// time.
// Each suite gets a server of its own. TEST_KINTO_SERVER names a running server instead, such as
// http://127.0.0.1:8888/v1:
// all its data is deleted. KINTO_COMMAND starts another server than Kintoun, see serve.ts.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createVenv } from "../create-venv.ts";
import { type Command, type Count, chooseSuites, countFailure, exitWithTotal, runSuite } from "../runner/run-suites.ts";
import { unpackTests } from "./kinto-http-py/unpack-tests.ts";
import { startServer } from "./serve.ts";

interface Suite {
  readonly pageSize: number;
  readonly plugins: readonly string[];
  /** Prepares the command which runs the suite and prints "N passed, N failed". */
  prepare(): Command;
}

const ROOT = join(import.meta.dirname, "../..");
const running = process.env.TEST_KINTO_SERVER;

const SUITES: Readonly<Record<string, Suite>> = {
  "kinto-js": {
    pageSize: 10,
    plugins: ["basicauth", "default-bucket", "flush", "history", "attachments"],
    prepare: () => ({
      args: [process.execPath, "node_modules/jest/bin/jest.js"],
      cwd: ROOT,
      env: { SUITE: "clients" },
    }),
  },
  "kinto-http-py": {
    pageSize: 5,
    plugins: ["accounts", "default-bucket", "flush", "history", "attachments"],
    prepare: () => {
      const folder = join(import.meta.dirname, "kinto-http-py");
      const python = join(createVenv("kinto-http", join(folder, "requirements.txt")), "python");
      const cwd = unpackTests(python);
      process.once("exit", () => rmSync(cwd, { recursive: true, force: true }));
      return {
        args: [python, "-B", "-m", "pytest"],
        cwd,
      };
    },
  },
};

/** Runs a prepared suite on its server. */
const runOnServer = async (name: string, { pageSize, plugins }: Suite, command: Command): Promise<Count> => {
  const runOn = (url: string) => runSuite(name, { ...command, env: { ...command.env, TEST_KINTO_SERVER: url } });
  if (running !== undefined) return runOn(running);
  const server = await startServer({
    plugins,
    settings: { KINTO_PAGINATE_BY: String(pageSize) },
  });
  try {
    return await runOn(server.url);
  } finally {
    await server.stop();
  }
};

const counts: Count[] = [];
const runs: (() => Promise<Count>)[] = [];
for (const [name, suite] of chooseSuites(SUITES)) {
  try {
    const command = suite.prepare();
    runs.push(() => runOnServer(name, suite, command).catch((error: unknown) => countFailure(name, error)));
  } catch (error) {
    counts.push(countFailure(name, error));
  }
}
if (running === undefined) counts.push(...(await Promise.all(runs.map((run) => run()))));
// Suites on one server would delete each other's data.
else for (const run of runs) counts.push(await run());
exitWithTotal(counts);
