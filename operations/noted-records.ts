import {
  type _Record,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import * as z from "zod";
import { decodeBody } from "../core/events/packed.ts";

/** What Lambda writes of a batch that it gave up: it names records, and does not hold them. https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-failures.html */
const NOTE = z.object({
  DDBStreamBatchInfo: z.object({
    shardId: z.string(),
    startSequenceNumber: z.string(),
    endSequenceNumber: z.string(),
    streamArn: z.string(),
  }),
});

/** The records of the table's stream that such a note names, in their order; the stream has them for 24 hours. Rejects when the message is no such note, or the stream has them no longer. */
export const recordsOfNote = async (client: DynamoDBStreamsClient, body: string): Promise<readonly _Record[]> => {
  const note = NOTE.safeParse(decodeBody(body));
  if (!note.success) throw new TypeError("The message holds no record of the table's stream, and names none");
  const { shardId, startSequenceNumber, endSequenceNumber, streamArn } = note.data.DDBStreamBatchInfo;
  const at = {
    StreamArn: streamArn,
    ShardId: shardId,
    ShardIteratorType: "AT_SEQUENCE_NUMBER",
    SequenceNumber: startSequenceNumber,
  } as const;
  const last = BigInt(endSequenceNumber);
  const records: _Record[] = [];
  let { ShardIterator: next } = await client.send(new GetShardIteratorCommand(at));
  while (next !== undefined) {
    const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator: next }));
    const wanted = Records.filter(({ dynamodb }) => BigInt(dynamodb?.SequenceNumber ?? 0) <= last);
    records.push(...wanted);
    const end = records.at(-1)?.dynamodb?.SequenceNumber;
    if (wanted.length < Records.length || (end !== undefined && BigInt(end) >= last)) return records;
    next = NextShardIterator;
  }
  return records;
};
