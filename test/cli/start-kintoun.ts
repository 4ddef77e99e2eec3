import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface Started {
  readonly process: ChildProcess;
  /** URL of the API, with `/v1`. */
  readonly url: string;
  /** The output so far, of both streams. */
  readonly output: () => string;
  /** Stops it with a signal. @returns the exit code */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const root = join(import.meta.dirname, "../..");

/**
 * Runs `npm start`'s own command in a process of its own, until it is up or has ended.
 *
 * @param checkout folder of the checkout
 */
export const startKintoun = async (
  args: readonly string[],
  env: Record<string, string> = {},
  checkout = root,
): Promise<Started | { exitCode: number | null; output: string }> => {
  const child = spawn(process.execPath, ["cli/set-up.mjs", "cli/main.ts", "start", ...args], {
    cwd: checkout,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const exit = once(child, "exit") as Promise<[number | null]>;
  const up = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        said += chunk;
        const [, url] = /API +(\S+)/.exec(said) ?? [];
        if (url !== undefined && said.includes("Ctrl-C")) resolve(url);
      });
    }
  });
  const first = await Promise.race([up, exit]);
  if (typeof first !== "string") return { exitCode: first[0], output: said };
  return {
    process: child,
    url: first,
    output: () => said,
    end: async (signal) => {
      child.kill(signal);
      return (await exit)[0];
    },
  };
};

/** Like {@link startKintoun}, but rejects when the process ends. */
export const startedKintoun = async (
  args: readonly string[],
  env: Record<string, string> = {},
  checkout = root,
): Promise<Started> => {
  const started = await startKintoun(args, env, checkout);
  if (!("url" in started)) throw new Error(`kintoun ended with ${started.exitCode}: ${started.output}`);
  return started;
};
