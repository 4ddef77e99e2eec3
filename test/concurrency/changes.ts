import { setTimeout as sleep } from "node:timers/promises";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import type { AppOptions } from "../../app/open.ts";
import { tailStream, toRecordEvents } from "../../operations/tail-stream.ts";
import type { Change } from "./serial-order.ts";

/** How long a stream that was read to its end is listened to, in ms: the engines tell of a change at once. */
const QUIET = 1000;

/** What a table's stream tells of the records of some lists, from its beginning to its end: for each list, in the order given, its changes. */
export const changesOf = async (
  { config, place, cloud = {} }: AppOptions,
  lists: readonly string[],
): Promise<readonly (readonly Change[])[]> => {
  const client = new DynamoDBClient(cloud.dynamodb ?? {});
  const streams = new DynamoDBStreamsClient(cloud.dynamodb ?? {});
  const end = new AbortController();
  const changes = lists.map((): Change[] => []);
  let heard = Date.now();
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: place.table }));
    const reading = tailStream({
      client: streams,
      arn: Table?.LatestStreamArn ?? "",
      fromOldest: true,
      pauseMs: 20,
      signal: end.signal,
      onRecord: (record) => {
        heard = Date.now();
        for (const { uri, timestamp, record_id: id = "", ...event } of toRecordEvents(config, record)) {
          const list = changes[lists.indexOf(uri.slice(0, -`/${id}`.length))];
          list?.push({
            id,
            last_modified: timestamp,
            ...(event.action === "delete" ? { deleted: true } : { by: String(event.new?.by) }),
          });
        }
      },
    });
    while (Date.now() - heard < QUIET) await sleep(50);
    end.abort();
    await reading;
  } finally {
    client.destroy();
    streams.destroy();
  }
  return changes;
};
