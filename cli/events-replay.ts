import type { Config } from "../config/config.ts";
import { subscriptions } from "../config/listeners.ts";
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import type { Subscription } from "../core/events/listener.ts";
import type { WalkPosition } from "../core/events/present.ts";
import { type DryRun, dryRun, ReplayBroken, type Replaying, sendReplay } from "../operations/replay-present.ts";
import { CLOUD_FLAGS, CLOUD_USAGE, readCloudPlace } from "./cloud-flags.ts";
import { connect } from "./connect.ts";
import { parseCommand } from "./parse-command.ts";
import { commandLog, inLine, print, tell } from "./print.ts";
import { openProgress } from "./progress.ts";
import { readCount, readRate, readTime } from "./read-time.ts";
import { newRun, readToken, toToken } from "./replay-token.ts";
import { openTerminal } from "./terminal.ts";
import { untilDone } from "./until-told.ts";

const USAGE = `npm run -s kintoun -- events replay --listener NAME [--since TIME] [--uri PREFIX] [--rate NUMBER] [--limit NUMBER] [--resume TOKEN] [--dry-run [--json] | --yes] ${CLOUD_USAGE}`;
const FLAGS = {
  ...CLOUD_FLAGS,
  listener: { type: "string" },
  since: { type: "string" },
  uri: { type: "string" },
  rate: { type: "string" },
  limit: { type: "string" },
  resume: { type: "string" },
  "dry-run": { type: "boolean" },
  json: { type: "boolean" },
  yes: { type: "boolean" },
} as const;
/** Events a second, unless told otherwise. */
const RATE = 50;

/** `kintoun events replay`: tells one listener of what there is, as if it had just been made; or shows what it would do. */
export const replay = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseCommand(args, FLAGS, USAGE);
  if (positionals.length > 0 || values.listener === undefined) throw new UserError([USAGE]);
  const place = readCloudPlace(values, USAGE);
  const config = await loadConfig();
  const listener = findListener(config, values.listener);
  if (values.resume !== undefined && (values.since ?? values.uri) !== undefined)
    throw new UserError([
      "--resume goes on with what --since and --uri said when the replay began: leave them away.",
      USAGE,
    ]);
  const since = values.since === undefined ? undefined : readTime("--since", values.since);
  const token =
    values.resume === undefined
      ? newRun({ listener: listener.name, since, prefix: readPrefix(values.uri) })
      : readToken(values.resume, listener.name);
  const { position: from, ...about } = token;
  const asked = { ...about, listener, from, limit: readCount("--limit", values.limit) };
  const rate = readRate("--rate", values.rate) ?? RATE;
  await untilDone(async (signal) => {
    const connected = await connect({ config, place, queues: [listener.name], log: commandLog });
    try {
      const replaying: Replaying = { ...asked, opening: connected.opening, signal };
      if (values["dry-run"]) return await show(replaying, values.json ?? false);
      if (!values.yes)
        await requireYes(`Tell '${listener.name}' of what is in ${connected.where}, ${rate} events a second?`);
      await send(replaying, rate, args);
    } finally {
      await connected.close();
    }
  });
};

/** What URIs are to begin with. */
const readPrefix = (text = "/"): string => {
  const prefix = text.replace(/^\/v1(?=\/|$)/, "") || "/";
  // Whatever else URIs may be written with, ids are not.
  if (/^\/[\w/-]*$/.test(prefix)) return prefix;
  throw new UserError([`--uri takes what objects' URIs begin with, such as /buckets/blog, not '${text}'.`, USAGE]);
};

/** The listener of that name, where it hears of what is made. */
export const findListener = (config: Config, name: string): Subscription => {
  const all = subscriptions(config);
  const found = all.find((listener) => listener.name === name);
  if (found === undefined)
    throw new UserError([
      `No listener named '${name}', there are: ${all.map((listener) => listener.name).join(", ")}.`,
    ]);
  if (found.on.some((event) => event.endsWith(".create"))) return found;
  throw new UserError([
    `'${name}' hears ${found.on.join(", ")} alone: what there is now can be told as created, and as nothing else.`,
  ]);
};

const send = async (replaying: Replaying, rate: number, args: readonly string[]): Promise<void> => {
  const progress = openProgress("looked at");
  let [looked, objects] = [0, 0];
  const step = (_: number, done: number, all: number) => {
    [looked, objects] = [done, all];
    progress.step(done, replaying.since === undefined ? all : undefined);
  };
  const total = () => (replaying.since === undefined ? Math.max(objects, looked) : undefined);
  // Whoever is killed tells nothing any more.
  tell(`Should it end without a word: ${resuming(replaying, replaying.from, args)}`);
  try {
    const { sent, position } = await sendReplay({ ...replaying, progress: step }, rate);
    progress.end(looked, total());
    print(`${sent} events were put on the queue of '${replaying.listener.name}'.`);
    if (replaying.signal.aborted || sent === replaying.limit)
      tell(`Go on with: ${resuming(replaying, position, args)}`);
  } catch (error) {
    progress.end(looked, total());
    if (error instanceof ReplayBroken) tell(`Go on with: ${resuming(replaying, error.position, args)}`);
    throw error;
  }
};

/** The command that goes on from a place. What is told twice then has one effect. */
const resuming = (
  { run, listener, since, prefix }: Replaying,
  position: WalkPosition,
  args: readonly string[],
): string => {
  const said = (arg: string | undefined) => /^--(?:resume|since|uri)$/.test(arg ?? "");
  const others = args.filter((arg, place) => !said(arg.split("=")[0]) && !said(args[place - 1]));
  const token = toToken({ run, listener: listener.name, since, prefix, position });
  return `npm run -s kintoun -- events replay ${[...others, "--resume", token].map(forShell).join(" ")}`;
};

/** An argument as a shell reads it back. */
const forShell = (arg: string): string => (/^[\w./:=@-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`);

const show = async (replaying: Replaying, json: boolean): Promise<void> => {
  let count = 0;
  await dryRun(replaying, (run) => {
    count++;
    print(json ? JSON.stringify(run) : describe(run));
  });
  if (!json) print(`${count} events; nothing was done.`);
};

const describe = ({ event, effects, error }: DryRun): string =>
  [
    `${event.action} ${event.uri}`,
    ...effects.map(({ kind, does }) => `  ${kind.padEnd(6)}  ${inLine(does)}`),
    ...(error === undefined ? [] : [`  failed  ${inLine(error)}`]),
    ...(effects.length === 0 && error === undefined ? ["  nothing"] : []),
  ].join("\n");

const requireYes = async (question: string): Promise<void> => {
  if (!process.stdin.isTTY) throw new UserError([`${question} Say --yes, or see first what it would do: --dry-run`]);
  const terminal = openTerminal(process.stdin, process.stderr);
  try {
    if (!/^y(es)?$/i.test(await terminal.ask(question, "no"))) throw new UserError(["Nothing was sent."]);
  } finally {
    terminal.close();
  }
};
