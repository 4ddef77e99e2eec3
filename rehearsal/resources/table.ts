import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type StreamViewType,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { describeTable } from "../../local/dynamodb.ts";
import { objectOf, objectsOf, type ResourceType } from "./resource-type.ts";

/** AWS::DynamoDB::Table */
export const table: ResourceType = {
  properties: [
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "KeySchema",
    "LocalSecondaryIndexes",
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "StreamSpecification",
    "TableName",
    "Tags",
    "TimeToLiveSpecification",
  ],
  replacedBy: ["KeySchema", "LocalSecondaryIndexes", "TableName"],
  async create({ account, properties, generateName }) {
    const { client } = account.clients.dynamodb;
    const name = typeof properties.TableName === "string" ? properties.TableName : generateName(255);
    if ((await describeTable(client, name)) === undefined) {
      const { AttributeDefinitions, KeySchema, LocalSecondaryIndexes } = properties;
      await client.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions,
          KeySchema,
          ...(objectsOf(LocalSecondaryIndexes).length > 0 && { LocalSecondaryIndexes }),
        } as CreateTableCommandInput),
      );
      const { AttributeName, Enabled } = objectOf(properties.TimeToLiveSpecification);
      if (AttributeName !== undefined) {
        const TimeToLiveSpecification = { AttributeName: String(AttributeName), Enabled: Enabled === true };
        await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }));
      }
      const { StreamViewType: view } = objectOf(properties.StreamSpecification);
      if (view !== undefined) {
        const StreamSpecification = { StreamEnabled: true, StreamViewType: view as StreamViewType };
        await client.send(new UpdateTableCommand({ TableName: name, StreamSpecification }));
      }
    }
    const { LatestStreamArn, KeySchema = [] } = (await describeTable(client, name)) ?? {};
    const TableArn = `arn:aws:dynamodb:${account.region}:${account.id}:table/${name}`;
    const StreamArn = LatestStreamArn && account.engineArns.toTemplate(LatestStreamArn);
    const partitionKey = KeySchema.find(({ KeyType }) => KeyType === "HASH")?.AttributeName ?? "";
    account.tables.set(name, { arn: TableArn, partitionKey });
    return { ref: name, attributes: { Arn: TableArn, ...(StreamArn !== undefined && { StreamArn }) } };
  },
};
