// Runs the client suites: `npm run test:clients [-- kinto-js | kinto-http-py]`. Without a name, both run at the same
// time.
// Each suite gets a server of its own. TEST_KINTO_SERVER names a running server instead, such as
// http://127.0.0.1:8888/v1:
// all its data is deleted. KINTO_COMMAND starts another server than Kintoun, see serve.ts.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createVenv } from "../create-venv.ts";
import { unpackTests } from "./kinto-http-py/unpack-tests.ts";
import { startServer } from "./serve.ts";

interface Count {
  readonly passed: number;
  readonly failed: number;
}
interface Command {
  readonly args: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}
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

const children = new Set<ChildProcess>();

/** Runs a prepared suite on its server. */
const runSuite = async (name: string, { pageSize, plugins }: Suite, command: Command): Promise<Count> => {
  if (running !== undefined) return runCommand(name, command, running);
  const server = await startServer({
    plugins,
    settings: { KINTO_PAGINATE_BY: String(pageSize) },
  });
  try {
    return await runCommand(name, command, server.url);
  } finally {
    await server.stop();
  }
};

/** A command which fails without a failed test counts as one failure. */
const runCommand = async (name: string, { args, cwd, env }: Command, url: string): Promise<Count> => {
  const child = spawn(args[0], args.slice(1), {
    cwd,
    env: { ...process.env, ...env, TEST_KINTO_SERVER: url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let count: Count | undefined;
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on("line", (line) => {
      const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(line) ?? [];
      if (passed !== undefined) count = { passed: Number(passed), failed: Number(failed) };
      console.log(`${name}: ${line}`);
    });
  const [code] = await once(child, "close");
  children.delete(child);
  const { passed, failed } = count ?? { passed: 0, failed: 0 };
  return { passed, failed: code === 0 && count !== undefined ? failed : Math.max(1, failed) };
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const)
  process.on(signal, () => {
    for (const child of children) child.kill();
    process.exit(1);
  });

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(SUITES, name));
if (unknown.length > 0) {
  console.error(`Unknown suite: ${unknown.join(", ")}. Choose from ${Object.keys(SUITES).join(", ")}.`);
  process.exit(1);
}

const countFailure = (name: string, error: unknown): Count => {
  console.error(`${name}: ${error instanceof Error ? error.message : error}`);
  return { passed: 0, failed: 1 };
};
const counts: Count[] = [];
const runs: (() => Promise<Count>)[] = [];
for (const [name, suite] of Object.entries(SUITES)) {
  if (names.length > 0 && !names.includes(name)) continue;
  try {
    const command = suite.prepare();
    runs.push(() => runSuite(name, suite, command).catch((error: unknown) => countFailure(name, error)));
  } catch (error) {
    counts.push(countFailure(name, error));
  }
}
if (running === undefined) counts.push(...(await Promise.all(runs.map((run) => run()))));
// Suites on one server would delete each other's data.
else for (const run of runs) counts.push(await run());
const total = (key: keyof Count) => counts.reduce((sum, count) => sum + count[key], 0);
console.log(`${total("passed")} passed, ${total("failed")} failed`);
process.exit(total("failed") > 0 ? 1 : 0);
