import { readFile, rename, writeFile } from "node:fs/promises";
import {
  type _Record,
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  TrimmedDataAccessException,
} from "@aws-sdk/client-dynamodb-streams";
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import * as z from "zod";
import { STREAM } from "../config/functions.ts";
import type { Log } from "../core/ports/log.ts";
import { type FilterPattern, matchesPattern } from "../lib/filter-pattern.ts";

export interface StreamPollerOptions {
  readonly client: DynamoDBStreamsClient;
  readonly arn: string;
  /** Event filters. A record that matches any of them is passed to the handler. */
  readonly filters: readonly FilterPattern[];
  /** Maximum number of records that the handler gets; as in the stack when absent. */
  readonly batchSize?: number;
  readonly handler: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;
  /** Number of retries before a record is discarded. */
  readonly retries: number;
  /** Receives discarded records. */
  readonly onDiscard: (records: readonly DynamoDBRecord[], reason: string) => Promise<void>;
  /** File that keeps the position over restarts. */
  readonly file: string | undefined;
  readonly log: Log;
}

/** Pause after a read that found records, so that several records are read together under load. */
const GAP_MS = 15;

/** Pauses between reads of an idle stream. They grow until `wake` is called. */
const PAUSE_MS = { first: 20, longest: 400 };

/**
 * Emulates Lambda's event source mapping for a stream: batches in order; a failed batch is retried from where it
 * failed, split in half, then discarded.
 */
export const pollStream = ({
  client,
  arn,
  filters,
  batchSize = STREAM.batchSize,
  handler,
  retries,
  onDiscard,
  file,
  log,
}: StreamPollerOptions) => {
  const stopping = new AbortController();
  const positions = new Map<string, string>();
  /** Shards whose position was checked since the start. */
  const checked = new Set<string>();
  /** Number of reads that found nothing. */
  let emptyReads = 0;
  /** Number of records that matched a filter. */
  let dispatched = 0;
  let pause = PAUSE_MS.first;
  let wakeUp = () => {};

  const run = async () => {
    const saved = await loadPositions(file);
    if (saved.stream !== undefined && saved.stream !== arn) log.warn(OTHER_TABLE, { saved: saved.stream, stream: arn });
    else for (const [shard, position] of Object.entries(saved.positions)) positions.set(shard, position);
    while (!stopping.signal.aborted) {
      try {
        const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn: arn }));
        await Promise.all((StreamDescription?.Shards ?? []).map(({ ShardId }) => follow(ShardId ?? "")));
      } catch (error) {
        if (!stopping.signal.aborted) log.error("The stream cannot be read", { error });
      }
      await rest();
    }
  };

  const follow = async (shard: string) => {
    await checkPosition(shard);
    const after = positions.get(shard);
    const from =
      after === undefined
        ? { ShardIteratorType: "TRIM_HORIZON" as const }
        : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER" as const, SequenceNumber: after };
    let { ShardIterator: next } = await client.send(
      new GetShardIteratorCommand({ StreamArn: arn, ShardId: shard, ...from }),
    );
    while (next !== undefined && !stopping.signal.aborted) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator: next, Limit: 1000 }));
      const records = (page.Records ?? []).map(toLambda);
      const matching = records.filter((record) => filters.some((pattern) => matchesPattern(pattern, record)));
      dispatched += matching.length;
      for (let at = 0; at < matching.length && !stopping.signal.aborted; at += batchSize)
        await dispatchBatch(matching.slice(at, at + batchSize));
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (stopping.signal.aborted) return;
      if (last === undefined) {
        emptyReads++;
        await rest();
      } else {
        pause = PAUSE_MS.first;
        positions.set(shard, last);
        await save(file, arn, positions);
        await sleep(GAP_MS);
      }
      next = page.NextShardIterator;
    }
  };

  /** Forgets the position of a shard when the stream does not have it. */
  const checkPosition = async (shard: string) => {
    const position = positions.get(shard);
    if (!checked.has(shard) && position !== undefined && !(await hasRecord(client, arn, shard, position))) {
      log.warn(LOST_POSITION, { shard, position });
      positions.delete(shard);
    }
    checked.add(shard);
  };

  const dispatchBatch = async (batch: readonly DynamoDBRecord[]): Promise<void> => {
    let remaining = batch;
    for (let attempt = 1; remaining.length > 0; attempt++) {
      let reason = "the handler reported it as failed";
      try {
        const { batchItemFailures } = await handler({ Records: [...remaining] });
        const first = batchItemFailures[0]?.itemIdentifier;
        if (first === undefined) return;
        const index = remaining.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === first);
        if (index > 0) attempt = 1;
        remaining = remaining.slice(Math.max(0, index));
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        log.error("dispatch failed", { error });
        if (remaining.length > 1) {
          const half = Math.ceil(remaining.length / 2);
          await dispatchBatch(remaining.slice(0, half));
          remaining = remaining.slice(half);
          continue;
        }
      }
      if (stopping.signal.aborted) return;
      if (attempt > retries) return onDiscard(remaining, reason);
      await sleep(Math.min(2000, 50 * 2 ** attempt));
    }
  };

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const rest = async () => {
    if (stopping.signal.aborted) return;
    const slept = sleep(pause);
    pause = Math.min(PAUSE_MS.longest, pause * 1.3);
    await slept;
  };

  /** Reads again soon. Lambda reads four times per second; a computer saves that. */
  const wake = () => {
    pause = PAUSE_MS.first;
    wakeUp();
  };

  const running = run();
  return {
    wake,
    /**
     * Resolves when everything in the stream at the call has been dispatched.
     *
     * @returns the total number of dispatched records
     */
    catchUp: async (): Promise<number> => {
      const seen = emptyReads;
      while (emptyReads < seen + 2 && !stopping.signal.aborted) {
        wake();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return dispatched;
    },
    stop: async () => {
      stopping.abort();
      wakeUp();
      await running;
    },
  };
};

/** Whether a stream still has the record at a position. */
export const hasRecord = async (
  client: DynamoDBStreamsClient,
  arn: string,
  shard: string,
  position: string,
): Promise<boolean> => {
  try {
    const at = { ShardIteratorType: "AT_SEQUENCE_NUMBER" as const, SequenceNumber: position };
    const { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamArn: arn, ShardId: shard, ...at }));
    const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 1 }));
    return Records.length > 0;
  } catch (error) {
    if (error instanceof TrimmedDataAccessException) return false;
    throw error;
  }
};

const toLambda = ({ eventID, eventName, eventVersion, awsRegion, dynamodb }: _Record): DynamoDBRecord =>
  ({ eventID, eventName, eventVersion, awsRegion, eventSource: "aws:dynamodb", dynamodb }) as DynamoDBRecord;

const REMEDY =
  "All changes in the stream are dispatched again; listeners skip those that they have handled. The queues may hold events of the other table.";
const OTHER_TABLE = `The table is another one than at the last start: it was replaced or created again. ${REMEDY}`;
const LOST_POSITION = `The table's stream does not have the last dispatched change: an older copy of the table was restored, or the change is older than the stream. ${REMEDY}`;

interface SavedPositions {
  /** The ARN of the stream, which is new for each table; absent in files of version 0.2. */
  readonly stream?: string | undefined;
  /** Sequence numbers of the last dispatched records by shard. */
  readonly positions: Readonly<Record<string, string>>;
}

const sequenceNumbers = z.record(z.string(), z.string());
const savedPositions: z.ZodType<SavedPositions> = z.union([
  z.strictObject({ stream: z.string(), positions: sequenceNumbers }),
  sequenceNumbers.transform((positions) => ({ positions })),
]);

/** Reads the saved positions of a stream; none if there is no valid file. */
export const loadPositions = async (file: string | undefined): Promise<SavedPositions> => {
  if (file === undefined) return { positions: {} };
  try {
    const saved: unknown = JSON.parse(await readFile(file, "utf8"));
    return savedPositions.parse(saved);
  } catch {
    // No file yet: the stream is read from the start. Events that were handled before have no second effect.
    return { positions: {} };
  }
};

const save = async (
  file: string | undefined,
  stream: string,
  positions: ReadonlyMap<string, string>,
): Promise<void> => {
  if (file === undefined) return;
  await writeFile(`${file}.new`, JSON.stringify({ stream, positions: Object.fromEntries(positions) }));
  await rename(`${file}.new`, file);
};
