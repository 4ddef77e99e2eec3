import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

/** A lease that a worker holds on a delivery or a job. */
interface OpenLease {
  readonly pk: string;
  readonly sk: string;
  /** Its end, epoch ms, as a number of DynamoDB. */
  readonly until: string;
}

/**
 * Ends the leases of workers that were killed, so that their events and jobs do not wait for the end of the leases.
 * Call it while the data folder is locked and no worker runs yet.
 * @param file the embedded table's file
 * @returns the number of leases
 */
export const endOpenLeases = async (client: DynamoDBClient, table: string, file: string): Promise<number> => {
  const leases = findOpenLeases(file, table);
  for (const { pk, sk, until } of leases) {
    try {
      await client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { pk: { S: pk }, sk: { S: sk } },
          UpdateExpression: "SET #until = :ended",
          ConditionExpression: "#until = :until",
          ExpressionAttributeNames: { "#until": "until" },
          ExpressionAttributeValues: { ":ended": { N: "0" }, ":until": { N: until } },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
  return leases.length;
};

/**
 * Finds leases in dynoxide's file. Its API has no index for them, and would have to read the whole table. Finds none if
 * a later version has other tables: the leases then end by themselves.
 */
const findOpenLeases = (file: string, table: string): readonly OpenLease[] => {
  if (!existsSync(file)) return [];
  const database = new DatabaseSync(file, { readOnly: true, timeout: 2000 });
  try {
    const inPartitions = (prefix: string, isOpen: string) =>
      database
        .prepare(
          `select item_json ->> '$.pk.S' as pk, item_json ->> '$.sk.S' as sk, item_json ->> '$.until.N' as until
           from "${table}" where pk >= 'S:${prefix}#' and pk < 'S:${prefix}$'
           and cast(item_json ->> '$.until.N' as integer) > 0 and ${isOpen}`,
        )
        .all() as unknown as OpenLease[];
    return [
      ...inPartitions("claim", "item_json ->> '$.done.BOOL' is null"),
      ...inPartitions("job", "item_json ->> '$.status.S' = 'running'"),
    ];
  } catch {
    return [];
  } finally {
    database.close();
  }
};
