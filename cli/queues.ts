import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { queueConfigs } from "../config/queues.ts";
import { FAILURES } from "../core/ports/queue.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { oldestMessage } from "../local/oldest-message.ts";
import { oldestByCloudWatch } from "../operations/oldest-by-cloudwatch.ts";
import { reportQueues } from "../operations/queue-report.ts";
import { CLOUD_FLAGS, CLOUD_USAGE, readCloudPlace } from "./cloud-flags.ts";
import { columns } from "./columns.ts";
import { type Connected, type Connecting, connect } from "./connect.ts";
import { parseCommand } from "./parse-command.ts";
import { commandLog, print } from "./print.ts";
import { untilDone } from "./until-told.ts";

const USAGE = `npm run -s kintoun -- queues [--json] ${CLOUD_USAGE}`;

const COMMANDS: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<void>>>> = {
  redrive: async () => (await import("./queues-redrive.ts")).redriveQueue,
  "show-dead": async () => (await import("./queues-show-dead.ts")).showDead,
};

/** `kintoun queues`: what is in each; and what to do with what failed. */
export const run = async (args: readonly string[]): Promise<void> => {
  const [name, ...rest] = args;
  if (name !== undefined && !name.startsWith("-")) {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined)
      throw new UserError([`There is no command 'queues ${name}'. ${didYouMean(name, Object.keys(COMMANDS))}`, USAGE]);
    return (await command())(rest);
  }
  const { values } = parseCommand(args, { ...CLOUD_FLAGS, json: { type: "boolean" } }, USAGE);
  const place = readCloudPlace(values, USAGE, false);
  const config = await loadConfig();
  await untilDone(async () => print(await listQueues({ config, place, json: values.json ?? false })));
};

/** What `kintoun queues` prints. */
export const listQueues = async ({
  config,
  place,
  json,
}: Pick<Connecting, "config" | "place"> & { json: boolean }): Promise<string> => {
  const all = queueConfigs(config).map(({ name }) => name);
  const names = place.kind === "endpoints" ? all : [...all, FAILURES];
  const connected = await connect({ config, place, queues: names, log: commandLog });
  try {
    const reports = await reportQueues(
      connected.sqs,
      names,
      connected.opening.place.queues,
      oldestIn(connected, names),
    );
    if (json) return JSON.stringify(reports, null, 2);
    const known = reports.some((report) => report.oldest !== null);
    return columns([
      ["queue", "waiting", "delayed", "in flight", "dead", ...(known ? ["oldest"] : [])],
      ...reports.map(({ name, waiting, delayed, inFlight, dead, oldest }) => [
        name,
        waiting,
        delayed,
        inFlight,
        dead ?? "-",
        ...(known ? [oldest === null ? "?" : oldest === 0 ? "-" : age(oldest)] : []),
      ]),
    ]);
  } finally {
    await connected.close();
  }
};

/** What tells the age of a queue's oldest message: the embedded SQS itself, or CloudWatch of those in AWS. */
const oldestIn = (
  { opening, remote }: Connected,
  names: readonly string[],
): ((url: string) => Promise<number | null>) => {
  const { cloud, place, log } = opening;
  const { endpoint } = cloud.sqs ?? {};
  if (!remote) return async (url) => (typeof endpoint === "string" ? oldestMessage(endpoint, url) : null);
  const ages = oldestByCloudWatch(names.map((name) => place.queues[name] ?? "")).catch((error: unknown) => {
    log.warn("CloudWatch does not tell how old messages are", { error });
    return new Map<string, number>();
  });
  return async (url) => (await ages).get(url) ?? null;
};

/** Seconds, as people tell them. */
const age = (seconds: number): string => {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
};
