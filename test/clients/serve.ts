import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A server that a suite speaks with. */
export interface Served {
  /** What it has printed so far, both streams. */
  readonly output: () => string;
  /** Ends it; fails if it has logged a failure of its own meanwhile. */
  end(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");
/** Ms until it must answer, and until one that was asked to end is made to. */
const PATIENCE = 60_000;
const GRACE = 10_000;
/** What Kintoun and Kinto log about a request that they have failed. */
const FAILURE = /^.*"level":"ERROR".*$|^Traceback(?:.|\n)*/m;

/**
 * Serves at a URL such as `http://127.0.0.1:8888/v1` as `npm start` does; or runs the shell's command that KINTO_COMMAND gives, such as
 * `kinto start --ini kinto.ini --port $PORT`.
 * @param settings by the names that Kinto has for them in the environment, such as `KINTO_PAGINATE_BY`
 */
export const serve = async (
  url: string,
  plugins: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<Served> => {
  const child = start(new URL(url).port, plugins, settings);
  const exited = once(child, "exit");
  exited.catch(() => {});
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    if (ended()) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), GRACE);
    await exited;
    clearTimeout(timer);
  };

  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline && !ended()) {
    if (await answers(url))
      return {
        output: () => printed,
        end: async () => {
          await stop();
          const [failure] = FAILURE.exec(printed) ?? [];
          if (failure !== undefined) throw new Error(`The server failed in a request:\n${failure}`);
        },
      };
    await sleep(100);
  }
  await stop();
  throw new Error(`The server did not start:\n${printed}`);
};

const start = (port: string, plugins: readonly string[], settings: Readonly<Record<string, string>>) => {
  const command = process.env.KINTO_COMMAND;
  // Kinto reads a meaning into what it finds in its environment: it gets no more than it needs.
  if (command !== undefined)
    return spawn(`exec ${command}`, { shell: true, env: { PATH: process.env.PATH, PORT: port, ...settings } });
  // By the channel, Kintoun sees our end, however it comes.
  return spawn(process.execPath, ["cli/main.ts", "start", "--memory", "--port", port], {
    cwd: ROOT,
    env: {
      ...process.env,
      KINTOUN_PLUGINS: plugins.join(),
      ...Object.fromEntries(Object.entries(settings).map(toVariable)),
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
};

/** Kinto takes a date in quotes, as in JSON. */
const toVariable = ([name, value]: [string, string]): [string, string] => [
  name.replace("KINTO_", "KINTOUN_"),
  value.replace(/^"(.*)"$/, "$1"),
];

const answers = async (url: string): Promise<boolean> => {
  try {
    await (await fetch(`${url}/`)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
};
