import { readFile, rename, writeFile } from "node:fs/promises";
import {
  type _Record,
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { STREAM } from "../config/functions.ts";
import type { Log } from "../core/ports/log.ts";
import { matches, type Pattern } from "../lib/event-pattern.ts";

export interface StreamPolling {
  readonly client: DynamoDBStreamsClient;
  readonly arn: string;
  /** What the handler is told of: event filters, of which each alone is enough. */
  readonly filters: readonly Pattern[];
  readonly handler: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;
  /** Tries after the first, before a record is parked. */
  readonly retries: number;
  /** Takes records that could not be handed on. */
  readonly park: (records: readonly DynamoDBRecord[], reason: string) => Promise<void>;
  /** Where the position is kept over restarts; nowhere when absent. */
  readonly file: string | undefined;
  readonly log: Log;
}

/** ms until the next look, after one that found something: under load several records then cost as much as one. */
const GAP = 15;

/** Between two looks at a stream that nobody writes to, in ms: longer and longer, until {@link pollStream}'s `wake`. */
const PAUSES = { first: 20, longest: 400 };

/** Lambda's event source mapping for a stream: batches in order, a failed one tried again from where it failed, halved, then parked. */
export const pollStream = ({ client, arn, filters, handler, retries, park, file, log }: StreamPolling) => {
  const stopping = new AbortController();
  const positions = new Map<string, string>();
  /** Looks that found nothing new. */
  let quietLooks = 0;
  /** Records of which somebody was to hear. */
  let handedOn = 0;
  let pause = PAUSES.first;
  let wakeUp = () => {};

  const run = async () => {
    for (const [shard, position] of Object.entries(await load(file))) positions.set(shard, position);
    while (!stopping.signal.aborted) {
      try {
        const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn: arn }));
        await Promise.all((StreamDescription?.Shards ?? []).map(({ ShardId }) => follow(ShardId ?? "")));
      } catch (error) {
        if (!stopping.signal.aborted) log.error("The stream can't be read", { error });
      }
      await rest();
    }
  };

  const follow = async (shard: string) => {
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
      const heard = records.filter((record) => filters.some((pattern) => matches(pattern, record)));
      handedOn += heard.length;
      for (let at = 0; at < heard.length && !stopping.signal.aborted; at += STREAM.batchSize)
        await handOn(heard.slice(at, at + STREAM.batchSize));
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (stopping.signal.aborted) return;
      if (last === undefined) {
        quietLooks++;
        await rest();
      } else {
        pause = PAUSES.first;
        positions.set(shard, last);
        await save(file, positions);
        await sleep(GAP);
      }
      next = page.NextShardIterator;
    }
  };

  const handOn = async (batch: readonly DynamoDBRecord[]): Promise<void> => {
    let left = batch;
    for (let attempt = 1; left.length > 0; attempt++) {
      let reason = "it was handed back";
      try {
        const { batchItemFailures } = await handler({ Records: [...left] });
        const first = batchItemFailures[0]?.itemIdentifier;
        if (first === undefined) return;
        const place = left.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === first);
        if (place > 0) attempt = 1;
        left = left.slice(Math.max(0, place));
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        log.error("dispatch failed", { error });
        if (left.length > 1) {
          const half = Math.ceil(left.length / 2);
          await handOn(left.slice(0, half));
          left = left.slice(half);
          continue;
        }
      }
      if (stopping.signal.aborted) return;
      if (attempt > retries) return park(left, reason);
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
    pause = Math.min(PAUSES.longest, pause * 1.3);
    await slept;
  };

  /** Says that there may be something to see: Lambda looks four times a second whatever happens, a laptop need not. */
  const wake = () => {
    pause = PAUSES.first;
    wakeUp();
  };

  const running = run();
  return {
    wake,
    /** Resolves when everything that was in the stream at the call has been handed on; tells how many records were, in all. */
    caughtUp: async (): Promise<number> => {
      const seen = quietLooks;
      while (quietLooks < seen + 2 && !stopping.signal.aborted) {
        wake();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return handedOn;
    },
    stop: async () => {
      stopping.abort();
      wakeUp();
      await running;
    },
  };
};

const toLambda = ({ eventID, eventName, eventVersion, awsRegion, dynamodb }: _Record): DynamoDBRecord =>
  ({ eventID, eventName, eventVersion, awsRegion, eventSource: "aws:dynamodb", dynamodb }) as DynamoDBRecord;

const load = async (file: string | undefined): Promise<Record<string, string>> => {
  if (file === undefined) return {};
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    // None yet: the stream is read from its beginning, and what was heard before has no second effect.
    return {};
  }
};

const save = async (file: string | undefined, positions: ReadonlyMap<string, string>): Promise<void> => {
  if (file === undefined) return;
  await writeFile(`${file}.new`, JSON.stringify(Object.fromEntries(positions)));
  await rename(`${file}.new`, file);
};
