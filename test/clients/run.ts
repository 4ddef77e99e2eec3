// `npm run test:clients [-- kinto.js | kinto-http.py]`: the integration suites of Kinto's own client libraries, on servers that are started for them.
// KINTO_COMMAND starts another server than Kintoun (see serve.ts). TEST_KINTO_SERVER names one that runs, such as http://127.0.0.1:8888/v1: all that it holds
// is flushed, and tests that ask for settings which it does not have fail. Ends with the line "N passed, N failed".
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "../../local/free-port.ts";
import { pythonWith } from "../python-with.ts";
import { serve } from "./serve.ts";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const ROOT = join(import.meta.dirname, "../..");
const running = process.env.TEST_KINTO_SERVER;
let child: ChildProcess | undefined;

/** Runs what ends with a closing line; one that fails without counting a failure counts as one. */
const count = async (
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
): Promise<Count> => {
  child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    process.stdout.write(text);
    printed = (printed + text).slice(-1000);
  });
  const [code] = await once(child, "close");
  const [, passed = 0, failed = 0] = /^(\d+) passed, (\d+) failed$/m.exec(printed) ?? [];
  return { passed: Number(passed), failed: code === 0 ? Number(failed) : Math.max(1, Number(failed)) };
};

const CLIENTS: Readonly<Record<string, (url: string) => Promise<Count>>> = {
  /** Starts servers itself: its tests ask for several sets of settings. */
  "kinto.js": (url) =>
    count(
      process.execPath,
      ["node_modules/vitest/vitest.mjs", "run", "--config", "test/clients/kinto.js/vitest.config.ts"],
      ROOT,
      {
        TEST_KINTO_SERVER: url,
        ...(running !== undefined && { RUNNING: "yes" }),
      },
    ),
  "kinto-http.py": async (url) => {
    const python = join(
      pythonWith("kinto-http", join(import.meta.dirname, "kinto-http.py/requirements.txt")),
      "python",
    );
    const served =
      running === undefined ? await serve(url, ["basicauth", "flush"], { KINTO_PAGINATE_BY: "5" }) : undefined;
    try {
      return await count(python, ["-B", "-m", "pytest"], join(import.meta.dirname, "kinto-http.py"), {
        TEST_KINTO_SERVER: url,
      });
    } finally {
      await served?.end();
    }
  },
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const)
  process.on(signal, () => {
    child?.kill();
    process.exit(1);
  });

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(CLIENTS, name));
if (unknown.length > 0) {
  console.error(`There is no client ${unknown.join(", ")}; there is ${Object.keys(CLIENTS).join(" and ")}.`);
  process.exit(1);
}
let passed = 0;
let failed = 0;
for (const [name, run] of Object.entries(CLIENTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`== ${name}`);
  try {
    const counted = await run(running ?? `http://127.0.0.1:${await freePort()}/v1`);
    passed += counted.passed;
    failed += counted.failed;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    failed += 1;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
