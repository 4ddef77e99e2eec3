import { randomUUID } from "node:crypto";
import type { Config } from "../../../config/config.ts";
import { subscriptions } from "../../../config/listeners.ts";
import { loadConfig } from "../../../config/load-config.ts";
import { UserError } from "../../../config/user-error.ts";
import type { Subscription } from "../../../core/events/listener.ts";
import type { WalkPosition } from "../../../core/events/replay.ts";
import { isObject } from "../../../lib/json.ts";
import {
  type DryRun,
  dryRun,
  ReplayInterruptedError,
  type ReplayOptions,
  sendReplay,
} from "../../../operations/replay.ts";
import { confirm } from "../../confirm.ts";
import { connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, createProgress, print, printNotice, toSingleLine } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";

interface ReplayCommandOptions extends StoreOptions {
  readonly listener: string;
  readonly since?: number;
  readonly uri?: string;
  readonly rate: number;
  readonly limit?: number;
  readonly resume?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** Runs `kintoun events replay`. */
export const runReplay = async (options: ReplayCommandOptions): Promise<void> => {
  const { since, rate, limit } = options;
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  const listener = findListener(config, options.listener);
  const token =
    options.resume === undefined
      ? createToken({ listener: listener.name, since, prefix: readPrefix(options.uri) })
      : parseToken(options.resume, listener.name);
  const { position: from, ...replayed } = token;
  await runUntilDone(async (signal) => {
    const store = await connect({ config, target, queues: [listener.name], log: commandLog });
    try {
      const replay: ReplayOptions = { ...replayed, listener, from, limit, appOptions: store.appOptions, signal };
      if (options.dryRun) return await printDryRun(replay, options.json ?? false);
      if (!options.yes)
        await confirm(`Send the objects of ${store.description} to '${listener.name}', ${rate} events per second?`, {
          refusal: "Nothing was sent.",
          dryRun: "--dry-run",
        });
      await send(replay, rate);
    } finally {
      await store.close();
    }
  });
};

const readPrefix = (text = "/"): string => {
  const prefix = text.replace(/^\/v1(?=\/|$)/, "") || "/";
  // Only characters of ids and slashes occur in URIs.
  if (/^\/[\w/-]*$/.test(prefix)) return prefix;
  throw new UserError([`--uri must be the start of an object's URI, for example /buckets/blog; got '${text}'.`]);
};

/**
 * Finds the listener by its name. Throws a {@link UserError} when it does not exist or does not receive create
 * events.
 */
export const findListener = (config: Config, name: string): Subscription => {
  const all = subscriptions(config);
  const found = all.find((listener) => listener.name === name);
  if (found === undefined)
    throw new UserError([
      `There is no listener '${name}'. The listeners are: ${all.map((listener) => listener.name).join(", ")}.`,
    ]);
  if (found.on.some((event) => event.endsWith(".create"))) return found;
  throw new UserError([
    `The listener '${name}' receives only ${found.on.join(", ")}. A replay sends create events, so there is nothing to send.`,
  ]);
};

const send = async (replay: ReplayOptions, rate: number): Promise<void> => {
  const progress = createProgress("checked");
  let [checked, objects] = [0, 0];
  const onProgress = (_: number, done: number, all: number) => {
    [checked, objects] = [done, all];
    progress.step(done, replay.since === undefined ? all : undefined);
  };
  const total = () => (replay.since === undefined ? Math.max(objects, checked) : undefined);
  // A process that is killed cannot print where it stopped.
  printNotice(`If this process is killed, resume with: ${resumeCommand(replay, replay.from)}`);
  try {
    const { sent, position } = await sendReplay({ ...replay, progress: onProgress }, rate);
    progress.end(checked, total());
    print(`Sent ${sent} events to the queue of '${replay.listener.name}'.`);
    if (replay.signal.aborted || sent === replay.limit) printNotice(`Resume with: ${resumeCommand(replay, position)}`);
  } catch (error) {
    progress.end(checked, total());
    if (error instanceof ReplayInterruptedError) printNotice(`Resume with: ${resumeCommand(replay, error.position)}`);
    throw error;
  }
};

/**
 * The command that continues a replay. Events that are sent twice have the same id, so the listener handles them
 * once.
 */
const resumeCommand = ({ run, listener, since, prefix }: ReplayOptions, position: WalkPosition): string => {
  const args = process.argv.slice(2);
  const isReplaced = (arg: string | undefined) => /^--(?:resume|since|uri)$/.test(arg ?? "");
  const kept = args.filter((arg, index) => !isReplaced(arg.split("=")[0]) && !isReplaced(args[index - 1]));
  const token = formatToken({ run, listener: listener.name, since, prefix, position });
  return `npm run -s kintoun -- ${[...kept, "--resume", token].map(quoteForShell).join(" ")}`;
};

const quoteForShell = (arg: string): string => (/^[\w./:=@-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`);

const printDryRun = async (replay: ReplayOptions, json: boolean): Promise<void> => {
  let count = 0;
  await dryRun(replay, (run) => {
    count++;
    print(json ? JSON.stringify(run) : formatDryRun(run));
  });
  if (!json) print(`${count} events; nothing was changed.`);
};

const formatDryRun = ({ event, effects, error }: DryRun): string =>
  [
    `${event.action} ${event.uri}`,
    ...effects.map(({ kind, description }) => `  ${kind.padEnd(6)}  ${toSingleLine(description)}`),
    ...(error === undefined ? [] : [`  failed  ${toSingleLine(error)}`]),
    ...(effects.length === 0 && error === undefined ? ["  no effects"] : []),
  ].join("\n");

/** Identifies a replay, its options and its position, so that it can be resumed. */
export interface ReplayToken {
  readonly run: string;
  readonly listener: string;
  /** Epoch ms. */
  readonly since?: number | undefined;
  readonly prefix: string;
  readonly position: WalkPosition;
}

export const formatToken = (token: ReplayToken): string => Buffer.from(JSON.stringify(token)).toString("base64url");

/** The token of a replay that has not started. */
export const createToken = (replay: Pick<ReplayToken, "listener" | "since" | "prefix">): ReplayToken => ({
  ...replay,
  run: randomUUID(),
  position: [],
});

/**
 * Reads a token that {@link formatToken} wrote. Throws a {@link UserError} when it is not one or belongs to another
 * listener.
 */
export const parseToken = (text: string, listener: string): ReplayToken => {
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    token = undefined;
  }
  if (!isToken(token)) throw new UserError(["--resume must be the token that an interrupted replay printed."]);
  if (token.listener !== listener)
    throw new UserError([`--resume is the token of a replay to '${token.listener}', not to '${listener}'.`]);
  return token;
};

const isToken = (value: unknown): value is ReplayToken =>
  isObject(value) &&
  [value.run, value.listener, value.prefix].every((text) => typeof text === "string") &&
  (value.since === undefined || typeof value.since === "number") &&
  Array.isArray(value.position) &&
  value.position.every((step) => isObject(step) && typeof step.resource === "string" && typeof step.id === "string");
