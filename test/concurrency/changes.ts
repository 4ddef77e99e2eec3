import { setTimeout as sleep } from "node:timers/promises";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import type { AppOptions } from "../../app/create-app-context.ts";
import { tailStream, toRecordEvents } from "../../operations/tail-stream.ts";
import type { Change } from "./serial-order.ts";

/** The stream is complete after this time without records. The engines deliver changes at once. */
const QUIET_MS = 1000;

/** What a table's stream has of a list. */
interface ListStream {
  readonly changes: Change[];
  /** The list's timestamp before and after each commit. */
  readonly timestamps: (readonly [before: number, after: number])[];
}

/** Reads a table's stream. Returns what it has of each list, in the order of `lists`. */
export const readStream = async (
  { config, location: place, cloud = {} }: AppOptions,
  lists: readonly string[],
): Promise<readonly ListStream[]> => {
  const client = new DynamoDBClient(cloud.dynamodb ?? {});
  const streams = new DynamoDBStreamsClient(cloud.dynamodb ?? {});
  const end = new AbortController();
  const found = lists.map((): ListStream => ({ changes: [], timestamps: [] }));
  let lastRecordAt = Date.now();
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: place.table }));
    const reading = tailStream({
      client: streams,
      arn: Table?.LatestStreamArn ?? "",
      fromOldest: true,
      pauseMs: 20,
      signal: end.signal,
      onRecord: (record) => {
        lastRecordAt = Date.now();
        const { Keys, OldImage, NewImage } = record.dynamodb ?? {};
        if (Keys?.sk?.S === "#clock")
          found[lists.indexOf(Keys.pk?.S ?? "")]?.timestamps.push([
            Number(OldImage?.last?.N ?? 0),
            Number(NewImage?.last?.N),
          ]);
        for (const { uri, timestamp, record_id: id = "", ...event } of toRecordEvents(config, record)) {
          const list = found[lists.indexOf(uri.slice(0, -`/${id}`.length))];
          list?.changes.push({
            id,
            last_modified: timestamp,
            ...(event.action === "delete" ? { deleted: true } : { by: String(event.new?.by) }),
          });
        }
      },
    });
    while (Date.now() - lastRecordAt < QUIET_MS) await sleep(50);
    end.abort();
    await reading;
  } finally {
    client.destroy();
    streams.destroy();
  }
  return found;
};
