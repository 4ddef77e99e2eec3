import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { signUp } from "../../cli/sign-up.ts";

export interface Started {
  readonly process: ChildProcess;
  /** URL of the API, with `/v1`. */
  readonly url: string;
  /** The output so far, of both streams. */
  readonly output: () => string;
  /** Stops the process with a signal. @returns the exit code */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const root = join(import.meta.dirname, "../..");

/**
 * Runs the command of `npm start` in a separate process, and waits until the API is up or the process ends.
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
  let output = "";
  const exit = once(child, "exit") as Promise<[number | null]>;
  const up = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
        const [, url] = /API +(\S+)/.exec(output) ?? [];
        if (url !== undefined && output.includes("Ctrl-C")) resolve(url);
      });
    }
  });
  const first = await Promise.race([up, exit]);
  if (typeof first !== "string") return { exitCode: first[0], output };
  return {
    process: child,
    url: first,
    output: () => output,
    end: async (signal) => {
      child.kill(signal);
      return (await exit)[0];
    },
  };
};

/** Like {@link startKintoun}, but rejects if the process ends before the API is up. */
export const startedEmptyKintoun = async (
  args: readonly string[],
  env: Record<string, string> = {},
  checkout = root,
): Promise<Started> => {
  const started = await startKintoun(args, env, checkout);
  if (!("url" in started)) throw new Error(`kintoun ended with ${started.exitCode}: ${started.output}`);
  return started;
};

/** The user that {@link startedKintoun} registers, as in `curl -u`. */
const ALICE = "alice:open-sesame";
export const AUTHORIZATION = `Basic ${Buffer.from(ALICE).toString("base64")}`;

/** Like {@link startedEmptyKintoun}, with an account for {@link ALICE}. */
export const startedKintoun = async (...args: Parameters<typeof startedEmptyKintoun>): Promise<Started> => {
  const started = await startedEmptyKintoun(...args);
  const [id = "", password = ""] = ALICE.split(":");
  await signUp(started.url, { id, password });
  return started;
};
