// Runs test suites as processes of their own, side by side.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** A command that runs a suite and prints "N passed, N failed". */
export interface Command {
  readonly args: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const children = new Set<ChildProcess>();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const)
  process.on(signal, () => {
    for (const child of children) child.kill();
    process.exit(1);
  });

/**
 * Runs the command of a suite, and prints each line behind the suite's name. A command that fails without a failed test
 * counts as one failure.
 */
export const runSuite = async (name: string, { args, cwd, env }: Command): Promise<Count> => {
  const child = spawn(args[0], args.slice(1), {
    cwd,
    env: { ...process.env, ...env },
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

/** Prints why a suite cannot run. Counts it as one failure. */
export const countFailure = (name: string, error: unknown): Count => {
  console.error(`${name}: ${error instanceof Error ? error.message : error}`);
  return { passed: 0, failed: 1 };
};

/** Returns the suites that the arguments of this process name, or all. Exits with 1 if there is none of a name. */
export const chooseSuites = <Suite>(suites: Readonly<Record<string, Suite>>): (readonly [string, Suite])[] => {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !Object.hasOwn(suites, name));
  if (unknown.length > 0) {
    console.error(`Unknown suite: ${unknown.join(", ")}. Choose from ${Object.keys(suites).join(", ")}.`);
    process.exit(1);
  }
  return Object.entries(suites).filter(([name]) => names.length === 0 || names.includes(name));
};

/** Prints the sum of all suites as "N passed, N failed", and exits. */
export const exitWithTotal = (counts: readonly Count[]): never => {
  const total = (key: keyof Count) => counts.reduce((sum, count) => sum + count[key], 0);
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
  process.exit(total("failed") > 0 ? 1 : 0);
};
