import { setTimeout as sleep } from "node:timers/promises";
import {
  type _Record,
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
} from "@aws-sdk/client-dynamodb-streams";
import { changeFromStream } from "../adapters/store/dynamodb/stream.ts";
import type { Config } from "../config/config.ts";
import { toChangeEvents } from "../core/events/change.ts";
import type { ChangeEvent } from "../core/events/event.ts";

export interface TailOptions {
  readonly client: DynamoDBStreamsClient;
  readonly arn: string;
  /** Whether to start with the oldest records of the last 24 hours instead of new ones. */
  readonly fromOldest: boolean;
  /** Milliseconds between two reads of a shard. AWS allows five reads per second for all readers together. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  /** Called when no further record will be missed. */
  readonly onReady?: (() => void) | undefined;
  readonly onRecord: (record: _Record) => void;
}

type Position =
  | { readonly ShardIteratorType: "TRIM_HORIZON" | "LATEST" }
  | { readonly ShardIteratorType: "AFTER_SEQUENCE_NUMBER"; readonly SequenceNumber: string };

const OLDEST: Position = { ShardIteratorType: "TRIM_HORIZON" };

/**
 * Reads a table's stream until it is stopped, independently of its other readers. Reads a shard's children after it,
 * so that the changes of an object stay in order.
 */
export const tailStream = async ({
  client,
  arn,
  fromOldest,
  pauseMs,
  signal,
  onReady,
  onRecord,
}: TailOptions): Promise<void> => {
  const readers = new Map<string, ShardReader>();
  for (let first = true; !signal.aborted; first = false) {
    const shards = await listShards(client, arn);
    const ids = new Set(shards.map(({ ShardId }) => ShardId));
    const parents = new Set(shards.map(({ ParentShardId }) => ParentShardId));
    for (const { ShardId: id = "", ParentShardId: parent } of shards) {
      if (readers.has(id)) continue;
      if (first && !fromOldest) {
        // A shard with children receives no new records.
        readers.set(id, { ended: parents.has(id), position: { ShardIteratorType: "LATEST" }, iterator: undefined });
      } else if (parent === undefined || !ids.has(parent) || readers.get(parent)?.ended === true) {
        readers.set(id, { ended: false, position: OLDEST, iterator: undefined });
      }
    }
    for (const id of readers.keys()) if (!ids.has(id)) readers.delete(id);
    const open = [...readers].filter(([, { ended }]) => !ended);
    if (first) {
      for (const [id, reader] of open) reader.iterator = await iteratorAt(client, arn, id, reader.position);
      onReady?.();
    }
    for (let reads = 0; reads < READS_PER_ROUND && !signal.aborted; reads++) {
      const found = await Promise.all(open.map(([id, reader]) => readShard(client, arn, id, reader, onRecord)));
      if (open.some(([, { ended }]) => ended)) break;
      if (found.every((count) => count === 0)) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
};

/** Reads of each shard between two lookups of new shards. */
const READS_PER_ROUND = 10;

interface ShardReader {
  ended: boolean;
  /** Where to continue, and the iterator for it, which expires after 15 minutes. */
  position: Position;
  iterator: string | undefined;
}

/** Reads the next records of a shard. @returns their number */
const readShard = async (
  client: DynamoDBStreamsClient,
  arn: string,
  id: string,
  reader: ShardReader,
  onRecord: TailOptions["onRecord"],
): Promise<number> => {
  try {
    const ShardIterator = reader.iterator ?? (await iteratorAt(client, arn, id, reader.position));
    const { Records = [], NextShardIterator: iterator } = await client.send(
      new GetRecordsCommand({ ShardIterator, Limit: 1000 }),
    );
    for (const one of Records) onRecord(one);
    const SequenceNumber = Records.at(-1)?.dynamodb?.SequenceNumber;
    if (SequenceNumber !== undefined) reader.position = { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber };
    reader.iterator = iterator;
    reader.ended = iterator === undefined;
    return Records.length;
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (/TrimmedDataAccess/.test(name)) reader.position = OLDEST;
    if (/ExpiredIterator|TrimmedDataAccess/.test(name)) reader.iterator = undefined;
    // The shard was removed, so it has no further records.
    else if (/ResourceNotFound/.test(name)) reader.ended = true;
    else if (!/LimitExceeded|Throttling|ThroughputExceeded|InternalServer/.test(name)) throw error;
    return 0;
  }
};

const iteratorAt = async (
  client: DynamoDBStreamsClient,
  arn: string,
  id: string,
  position: Position,
): Promise<string | undefined> =>
  (await client.send(new GetShardIteratorCommand({ StreamArn: arn, ShardId: id, ...position }))).ShardIterator;

const listShards = async (client: DynamoDBStreamsClient, arn: string): Promise<readonly Shard[]> => {
  const all: Shard[] = [];
  for (let last: string | undefined, more = true; more; more = last !== undefined) {
    const { StreamDescription } = await client.send(
      new DescribeStreamCommand({ StreamArn: arn, ...(last !== undefined && { ExclusiveStartShardId: last }) }),
    );
    all.push(...(StreamDescription?.Shards ?? []));
    last = StreamDescription?.LastEvaluatedShardId;
  }
  return all;
};

/**
 * Converts a stream record to change events; none if it is not the change of an object. Throws when the record cannot
 * be read.
 */
export const toRecordEvents = (
  { resources }: Pick<Config, "resources">,
  { dynamodb = {} }: Pick<_Record, "dynamodb">,
): readonly ChangeEvent[] => {
  const change = changeFromStream(resources, dynamodb as Parameters<typeof changeFromStream>[1]);
  return change === undefined ? [] : toChangeEvents(change);
};
