import type { Config } from "../../../config/config.ts";
import { loadConfig } from "../../../config/load-config.ts";
import { UserError } from "../../../config/user-error.ts";
import { type ChangeEvent, encodeEvent } from "../../../core/events/event.ts";
import { matchesFilter } from "../../../core/events/listener.ts";
import { decodeBody } from "../../../core/events/message-body.ts";
import { didYouMean } from "../../../lib/util/nearest.ts";
import { tailStream, toRecordEvents } from "../../../operations/tail-stream.ts";
import { connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions, type StoreTarget } from "../../options.ts";
import { commandLog, print, printNotice, toSingleLine } from "../../output.ts";
import { runUntilStopped } from "../../run-process.ts";

interface TailOptions extends StoreOptions {
  readonly on?: readonly string[];
  readonly bucket?: readonly string[];
  readonly collection?: readonly string[];
  readonly since?: number;
  readonly json?: boolean;
}

/** Runs `kintoun events tail`. */
export const runTail = async (options: TailOptions): Promise<void> => {
  const { bucket, collection, since, json } = options;
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  const filter = { on: readEvents(config, options.on), buckets: bucket, collections: collection };
  const format = json ? toJson : toLine;
  await runUntilStopped((signal) =>
    followEvents({ config, target, signal, since, print }, (event) =>
      matchesFilter(filter, event) ? format(event) : undefined,
    ),
  );
};

/** Prints the message of each event as it happens: `kintoun worker echo`. */
export const echoEvents = (options: FollowOptions): Promise<void> => followEvents(options, toJson);

/** The events to print; all when none is chosen. */
const readEvents = ({ resources }: Config, chosen: readonly string[] | undefined): readonly string[] => {
  const all = resources.all.flatMap(({ name }) =>
    ["create", "update", "delete", "purge"].map((action) => `${name}.${action}`),
  );
  for (const event of chosen ?? [])
    if (!all.includes(event)) throw new UserError([`--on: there is no event '${event}'. ${didYouMean(event, all)}`]);
  return chosen ?? all;
};

/**
 * Milliseconds between two reads. All readers of a shard together may read five times per second in AWS, and Lambda
 * reads four times.
 */
const LOCAL_PAUSE_MS = 100;
const AWS_PAUSE_MS = 1000;

export interface FollowOptions {
  readonly config: Config;
  readonly target: StoreTarget;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  /** Epoch ms; only new events when absent. */
  readonly since?: number | undefined;
}

const followEvents = async (
  { config, target, signal, since, print }: FollowOptions,
  format: (event: ChangeEvent) => string | undefined,
): Promise<void> => {
  const store = await connect({ config, target, queues: [], log: commandLog });
  try {
    await tailStream({
      client: store.streams,
      arn: await store.streamArn(),
      fromOldest: since !== undefined,
      pauseMs: store.isRemote ? AWS_PAUSE_MS : LOCAL_PAUSE_MS,
      signal,
      onReady: () => printNotice(`Following ${store.description}. Stop with Ctrl-C`),
      onRecord: (record) => {
        try {
          for (const event of toRecordEvents(config, record)) {
            const line = since === undefined || event.timestamp >= since ? format(event) : undefined;
            if (line !== undefined) print(line);
          }
        } catch (error) {
          const reason = error instanceof Error ? error.message : error;
          printNotice(`The change with sequence number ${record.dynamodb?.SequenceNumber} cannot be read: ${reason}`);
        }
      },
    });
  } finally {
    await store.close();
  }
};

/** The message as listeners receive it, uncompressed. */
const toJson = (event: ChangeEvent): string => JSON.stringify(decodeBody(encodeEvent(event)));

const toLine = ({ timestamp, resource_name, action, uri, user_id }: ChangeEvent): string =>
  toSingleLine(
    `${new Date(timestamp).toISOString()}  ${`${resource_name}.${action}`.padEnd(17)}  ${uri}  by ${user_id}`,
  );
