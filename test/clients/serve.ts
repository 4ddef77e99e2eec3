import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "../../local/server.ts";
import { lengthen } from "../time-limits.ts";

/** A server under test. */
export interface TestServer {
  /** With the protocol's version, such as `http://127.0.0.1:8888/v1`. */
  readonly url: string;
  /**
   * Stops the server.
   * @throws Error if the server has logged an error in the meantime
   */
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");
const START_TIMEOUT_MS = lengthen(60_000);
const STOP_TIMEOUT_MS = 10_000;
/** What Kintoun and Kinto log about a request that fails in the server. */
const LOGGED_ERROR = /^.*"level":"ERROR".*$|^Traceback(?:.|\n)*/m;

/**
 * Starts Kintoun on a free port, as `npm start` does, with its data in memory.
 * The variable KINTO_COMMAND names another server's shell command, such as `kinto start --ini kinto.ini --port $PORT`.
 * @param options.plugins names of the plugins to enable; KINTO_COMMAND ignores them
 * @param options.settings environment variables by Kinto's names, such as `KINTO_PAGINATE_BY`
 * @throws Error with the server's output if it does not answer within a minute
 */
export const startServer = async (options: {
  readonly plugins: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}): Promise<TestServer> => {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}/v1`;
  const child = spawnServer(String(port), options.plugins, options.settings);
  const exited = once(child, "exit");
  exited.catch(() => {});
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  const hasExited = () => child.exitCode !== null || child.signalCode !== null;
  const kill = async () => {
    if (hasExited()) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  };
  const stop = async () => {
    await kill();
    const [logged] = LOGGED_ERROR.exec(output) ?? [];
    if (logged !== undefined) throw new Error(`The server at ${url} logged an error:\n${logged}`);
  };

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !hasExited()) {
    if (await isAnswering(url)) return { url, stop };
    await sleep(100);
  }
  await kill();
  throw new Error(`The server at ${url} did not start. Its output:\n${output}`);
};

const spawnServer = (port: string, plugins: readonly string[], settings: Readonly<Record<string, string>>) => {
  const command = process.env.KINTO_COMMAND;
  // Kinto reads settings from its environment, so it gets only those of the test.
  if (command !== undefined)
    return spawn(`exec ${command}`, { shell: true, env: { PATH: process.env.PATH, PORT: port, ...settings } });
  // The ipc channel ends the server when this process ends for any reason.
  return spawn(process.execPath, ["cli/main.ts", "start", "--memory", "--port", port], {
    cwd: ROOT,
    env: {
      ...process.env,
      KINTOUN_PLUGINS: plugins.join(),
      ...Object.fromEntries(Object.entries(settings).map(toKintounVariable)),
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
};

/** Kinto reads dates as JSON, in quotes. */
const toKintounVariable = ([name, value]: [string, string]): [string, string] => [
  name.replace("KINTO_", "KINTOUN_"),
  value.replace(/^"(.*)"$/, "$1"),
];

const isAnswering = async (url: string): Promise<boolean> => {
  try {
    await (await fetch(`${url}/`)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
};
