import { setTimeout as sleep } from "node:timers/promises";
import {
  type _Record,
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
} from "@aws-sdk/client-dynamodb-streams";

export interface TailedStream {
  readonly client: DynamoDBStreamsClient;
  readonly arn: string;
  /** Whether to begin with the oldest records that there are, of the last 24 hours, instead of with those that come. */
  readonly oldest: boolean;
  /** ms between two looks at a shard: AWS takes five a second from all readers together. */
  readonly pause: number;
  readonly signal: AbortSignal;
  /** Told when nothing that happens from now on is missed. */
  readonly ready?: (() => void) | undefined;
  readonly record: (record: _Record) => void;
}

type Position =
  | { readonly ShardIteratorType: "TRIM_HORIZON" | "LATEST" }
  | { readonly ShardIteratorType: "AFTER_SEQUENCE_NUMBER"; readonly SequenceNumber: string };

const OLDEST: Position = { ShardIteratorType: "TRIM_HORIZON" };

/** Reads a table's stream beside those who live on it, until it is told to end: a shard's children after it, so that each object's changes stay in their order. */
export const tailStream = async ({
  client,
  arn,
  oldest,
  pause,
  signal,
  ready,
  record,
}: TailedStream): Promise<void> => {
  const readers = new Map<string, Reader>();
  for (let first = true; !signal.aborted; first = false) {
    const shards = await shardsOf(client, arn);
    const ids = new Set(shards.map(({ ShardId }) => ShardId));
    const parents = new Set(shards.map(({ ParentShardId }) => ParentShardId));
    for (const { ShardId: id = "", ParentShardId: parent } of shards) {
      if (readers.has(id)) continue;
      if (first && !oldest) {
        // Whoever wants only what comes has nothing to find in a shard that others follow.
        readers.set(id, { ended: parents.has(id), position: { ShardIteratorType: "LATEST" }, iterator: undefined });
      } else if (parent === undefined || !ids.has(parent) || readers.get(parent)?.ended === true) {
        readers.set(id, { ended: false, position: OLDEST, iterator: undefined });
      }
    }
    for (const id of readers.keys()) if (!ids.has(id)) readers.delete(id);
    const open = [...readers].filter(([, { ended }]) => !ended);
    if (first) {
      for (const [id, reader] of open) reader.iterator = await iteratorAt(client, arn, id, reader.position);
      ready?.();
    }
    for (let looks = 0; looks < LOOKS && !signal.aborted; looks++) {
      const found = await Promise.all(open.map(([id, reader]) => look(client, arn, id, reader, record)));
      if (open.some(([, { ended }]) => ended)) break;
      if (found.every((count) => count === 0)) await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
};

/** Looks at the shards that there are, between two looks for new ones. */
const LOOKS = 10;

interface Reader {
  ended: boolean;
  /** Where to go on, and the iterator that stands there; it expires after 15 minutes. */
  position: Position;
  iterator: string | undefined;
}

/** Reads on in one shard. @returns how many records there were */
const look = async (
  client: DynamoDBStreamsClient,
  arn: string,
  id: string,
  reader: Reader,
  tell: TailedStream["record"],
): Promise<number> => {
  try {
    const ShardIterator = reader.iterator ?? (await iteratorAt(client, arn, id, reader.position));
    const { Records = [], NextShardIterator: iterator } = await client.send(
      new GetRecordsCommand({ ShardIterator, Limit: 1000 }),
    );
    for (const one of Records) tell(one);
    const SequenceNumber = Records.at(-1)?.dynamodb?.SequenceNumber;
    if (SequenceNumber !== undefined) reader.position = { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber };
    reader.iterator = iterator;
    reader.ended = iterator === undefined;
    return Records.length;
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (/TrimmedDataAccess/.test(name)) reader.position = OLDEST;
    if (/ExpiredIterator|TrimmedDataAccess/.test(name)) reader.iterator = undefined;
    // A shard that has gone has nothing more to tell.
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

const shardsOf = async (client: DynamoDBStreamsClient, arn: string): Promise<readonly Shard[]> => {
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
