import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface Started {
  readonly process: ChildProcess;
  /** The API's root, with `/v1`. */
  readonly url: string;
  /** What it has printed so far, both streams. */
  readonly output: () => string;
  /** Ends it by a signal. @returns its exit code */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const root = join(import.meta.dirname, "../..");

/** Runs `npm start`'s own command in a process of its own, until it is up or has ended. @param checkout this one, unless told otherwise */
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

/** As {@link startKintoun}, where nothing is expected to be in the way. */
export const startedKintoun = async (
  args: readonly string[],
  env: Record<string, string> = {},
  checkout = root,
): Promise<Started> => {
  const started = await startKintoun(args, env, checkout);
  if (!("url" in started)) throw new Error(`It ended with ${started.exitCode}: ${started.output}`);
  return started;
};
