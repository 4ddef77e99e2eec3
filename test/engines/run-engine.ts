import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { lengthen } from "../time-limits.ts";

/** A server that a test has started. Dispose of it to stop the server. */
export interface RunningEngine {
  readonly endpoint: string;
  readonly pid: number;
  /** Lets this process end while the server runs. The server then ends too. */
  unref(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Maximum time for a server to start. */
const START_TIMEOUT_MS = lengthen(90_000);
/** Time that a server has to stop before it is killed. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts a server and waits until `findEndpoint` returns its endpoint. Kills the server when this process exits.
 * Throws if the server exits or does not start in time.
 * @param findEndpoint gets the server's output so far; returns `undefined` while the server is starting
 */
export const runEngine = async (
  command: string,
  args: readonly string[],
  findEndpoint: (output: string) => Promise<string | undefined>,
): Promise<RunningEngine> => {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-20_000)));
  const exited = once(child, "exit");
  exited.catch(() => {});
  const onExit = () => child.kill("SIGKILL");
  process.once("exit", onExit);
  const stop = async () => {
    process.off("exit", onExit);
    await stopChild(child, exited);
  };

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const endpoint = await findEndpoint(output).catch(() => undefined);
    if (endpoint !== undefined)
      return { endpoint, pid: child.pid ?? 0, unref: () => unrefChild(child), [Symbol.asyncDispose]: stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`The test engine did not start. Its output:\n${output}`);
};

/**
 * Returns a function that starts a server with its first call, for all test files that run in this process, since a
 * start takes as long as the tests of a file. The server ends with the process.
 */
export const shareEngine = (start: () => Promise<RunningEngine>): (() => Promise<string>) => {
  let shared: Promise<RunningEngine> | undefined;
  return async () => {
    shared ??= start();
    const { endpoint, unref } = await shared;
    unref();
    return endpoint;
  };
};

const unrefChild = (child: ChildProcess): void => {
  child.unref();
  // Pipes to a child are sockets.
  for (const pipe of child.stdio) (pipe as Socket | null)?.unref();
};

const stopChild = async (child: ChildProcess, exited: Promise<unknown>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
};
