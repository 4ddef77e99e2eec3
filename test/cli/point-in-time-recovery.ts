import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { BatchWriteItemCommand, DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { TABLE } from "../../adapters/store/dynamodb/table.ts";
import { createTable, LOCAL_CREDENTIALS } from "../../local/dynamodb.ts";

interface RestoredTable {
  status: string;
  StreamSpecification?: unknown;
  DeletionProtectionEnabled: boolean;
  hasExpiry: boolean;
  hasRecovery: boolean;
}

/**
 * Starts a DynamoDB endpoint that adds point-in-time recovery to an engine that has none: a restore copies the items of a
 * table into a new one, and none of its settings, as in AWS.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
 */
export const startRecovery = async (endpoint: string) => {
  const client = new DynamoDBClient({ endpoint, ...LOCAL_CREDENTIALS });
  const restored = new Map<string, RestoredTable>();
  const calls: string[] = [];

  const copyTable = async (from: string, to: string) => {
    await createTable(client, to);
    for await (const { Items = [] } of paginateScan({ client, pageSize: 25 }, { TableName: from }))
      if (Items.length > 0)
        await client.send(
          new BatchWriteItemCommand({ RequestItems: { [to]: Items.map((Item) => ({ PutRequest: { Item } })) } }),
        );
    const settings = { DeletionProtectionEnabled: false, hasExpiry: false, hasRecovery: false };
    restored.set(to, { status: "CREATING", ...settings });
  };

  /** The answer to a call that the engine does not have, or of which it knows too little. */
  const answer = async (action: string, body: Record<string, unknown>): Promise<object | undefined> => {
    const table = restored.get(String(body.TableName));
    switch (action) {
      case "RestoreTableToPointInTime":
        await copyTable(String(body.SourceTableName), String(body.TargetTableName));
        return {};
      case "DescribeContinuousBackups":
        return {
          ContinuousBackupsDescription: {
            ContinuousBackupsStatus: "ENABLED",
            PointInTimeRecoveryDescription: {
              PointInTimeRecoveryStatus: table?.hasRecovery === false ? "DISABLED" : "ENABLED",
              EarliestRestorableDateTime: Date.now() / 1000 - 3600,
            },
          },
        };
      case "UpdateContinuousBackups":
        if (table !== undefined) table.hasRecovery = true;
        return {};
      case "UpdateTimeToLive":
        if (table !== undefined) table.hasExpiry = true;
        return {};
      case "UpdateTable":
        if (table !== undefined) Object.assign(table, body, { TableName: undefined });
        return {};
      case "DescribeTimeToLive":
        return table === undefined
          ? undefined
          : {
              TimeToLiveDescription: table.hasExpiry
                ? { TimeToLiveStatus: "ENABLED", AttributeName: TABLE.expiry }
                : {},
            };
      default:
        return undefined;
    }
  };

  const server = createServer((request, response) => {
    void (async () => {
      const body = (await json(request)) as Record<string, unknown>;
      const action = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
      calls.push(action);
      const own = await answer(action, body);
      if (own !== undefined) return void response.end(JSON.stringify(own));
      const headers = Object.fromEntries(
        ["authorization", "content-type", "x-amz-target", "x-amz-date"].map((name) => [
          name,
          String(request.headers[name]),
        ]),
      );
      const answered = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(body) });
      const result = (await answered.json()) as { Table?: Record<string, unknown> };
      const table = restored.get(String(body.TableName));
      if (action === "DescribeTable" && table !== undefined && result.Table !== undefined) {
        const { status, StreamSpecification, DeletionProtectionEnabled } = table;
        Object.assign(result.Table, { TableStatus: status, StreamSpecification, DeletionProtectionEnabled });
        table.status = "ACTIVE";
      }
      response.writeHead(answered.status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(result));
    })().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () => {
      server.close();
      client.destroy();
    },
  };
};
