import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { type ChangeEvent, toMessage } from "../core/events/event.ts";
import { hears } from "../core/events/listener.ts";
import { unpacked } from "../core/events/packed.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { eventsOfRecord } from "../operations/events-of-record.ts";
import { tailStream } from "../operations/tail-stream.ts";
import { CLOUD_FLAGS, CLOUD_USAGE, type CloudPlace, readCloudPlace } from "./cloud-flags.ts";
import { connect } from "./connect.ts";
import { parseCommand } from "./parse-command.ts";
import { commandLog, inLine, print, tell } from "./print.ts";
import { readTime } from "./read-time.ts";
import { untilTold } from "./until-told.ts";

/** The worker that does nothing but print. */
export const ECHO = "echo";
const USAGE = `npm run -s kintoun -- events tail [--on EVENT …] [--bucket ID …] [--collection ID …] [--since TIME] [--json] ${CLOUD_USAGE}`;
const FLAGS = {
  ...CLOUD_FLAGS,
  on: { type: "string", multiple: true },
  bucket: { type: "string", multiple: true },
  collection: { type: "string", multiple: true },
  since: { type: "string" },
  json: { type: "boolean" },
} as const;

export interface Tailing {
  readonly config: Config;
  readonly place: CloudPlace;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  /** Epoch ms; only what comes when absent. */
  readonly since?: number | undefined;
}

/** `kintoun events tail`: a line for each event, as they happen. */
export const tail = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseCommand(args, FLAGS, USAGE);
  if (positionals.length > 0) throw new UserError([USAGE]);
  const place = readCloudPlace(values, USAGE);
  const since = values.since === undefined ? undefined : readTime("--since", values.since);
  const config = await loadConfig();
  const on = readEvents(config, values.on);
  const filter = { on, buckets: values.bucket, collections: values.collection };
  const shown = values.json ? toJson : toLine;
  await untilTold((signal) =>
    follow({ config, place, signal, since, print }, (event) =>
      matchesFilter(filter, event) ? shown(event) : undefined,
    ),
  );
};

/** `kintoun worker echo`: each event's message, as it happens. */
export const echo = (tailing: Tailing): Promise<void> => follow(tailing, toJson);

/** What a listener may hear of; all there is where nothing is asked for. */
const readEvents = ({ resources }: Config, asked: readonly string[] | undefined): readonly string[] => {
  const all = resources.all.flatMap(({ name }) =>
    ["create", "update", "delete", "purge"].map((action) => `${name}.${action}`),
  );
  for (const one of asked ?? [])
    if (!all.includes(one)) throw new UserError([`There is no event '${one}'. ${didYouMean(one, all)}`, USAGE]);
  return asked ?? all;
};

/** AWS lets all readers of a shard look five times a second together, and Lambda looks four times. */
const PAUSE = { here: 100, remote: 1000 };

const follow = async (
  { config, place, signal, since, print }: Tailing,
  shown: (event: ChangeEvent) => string | undefined,
): Promise<void> => {
  const connected = await connect({ config, place, queues: [], log: commandLog });
  try {
    await tailStream({
      client: connected.streams,
      arn: await connected.stream(),
      oldest: since !== undefined,
      pause: connected.remote ? PAUSE.remote : PAUSE.here,
      signal,
      ready: () => tell(`Listening to ${connected.where}. End: Ctrl-C`),
      record: (record) => {
        try {
          for (const event of eventsOfRecord(config, record)) {
            const line = since === undefined || event.timestamp >= since ? shown(event) : undefined;
            if (line !== undefined) print(line);
          }
        } catch (error) {
          tell(
            `A change could not be understood (sequence number ${record.dynamodb?.SequenceNumber}): ${error instanceof Error ? error.message : error}`,
          );
        }
      },
    });
  } finally {
    await connected.close();
  }
};

/** The message as listeners get it, never compressed. */
const toJson = (event: ChangeEvent): string => JSON.stringify(decodeBody(encodeEvent(event)));

const toLine = ({ timestamp, resource_name, action, uri, user_id }: ChangeEvent): string =>
  inLine(`${new Date(timestamp).toISOString()}  ${`${resource_name}.${action}`.padEnd(17)}  ${uri}  by ${user_id}`);
