import { randomUUID } from "node:crypto";
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { QueueMessage } from "../../../core/ports/queue.ts";
import type { OutboxEntry } from "../../../core/ports/store.ts";
import { type Item, text } from "./items.ts";
import { expiresAt, number, toIndexItems, toJobItem } from "./job-items.ts";
import { TABLE } from "./table.ts";

/** How long the item of a message stays in the table, in ms. The stream delivers it within its 24 hours. */
const MESSAGE_RETENTION_MS = 24 * 3600 * 1000;

/** Puts the items of a job to create or a message to send. The table's stream delivers them. */
export const putOutboxEntry = (table: string, entry: OutboxEntry): readonly TransactWriteItem[] =>
  "job" in entry
    ? [
        {
          Put: {
            TableName: table,
            Item: toJobItem(entry.job),
            ConditionExpression: `attribute_not_exists(pk) OR ${TABLE.expiry} <= :now`,
            ExpressionAttributeValues: { ":now": number(Math.floor(entry.job.created / 1000)) },
          },
        },
        ...toIndexItems(entry.job, entry.job.expires).map((Item) => ({ Put: { TableName: table, Item } })),
      ]
    : [{ Put: { TableName: table, Item: toMessageItem(entry.message) } }];

/** The size of an entry's content in bytes. */
export const measureOutboxEntry = (entry: OutboxEntry): number =>
  Buffer.byteLength("job" in entry ? JSON.stringify(entry.job.params) : entry.message.body);

/** The body has an attribute of its own, because JSON within JSON may be twice as large. */
const toMessageItem = ({ body, ...message }: QueueMessage): Item => ({
  pk: { S: `${MESSAGE_PREFIX}${message.queue}#${randomUUID()}` },
  sk: { S: "#" },
  status: QUEUED,
  body: { S: body },
  json: { S: JSON.stringify(message) },
  [TABLE.expiry]: expiresAt(Date.now() + MESSAGE_RETENTION_MS),
});

const MESSAGE_PREFIX = "message#";
const QUEUED = { S: "queued" };

/** Whether an item or stream image sends a message. */
const isMessage = (item: Item): boolean => item.pk?.S?.startsWith(MESSAGE_PREFIX) === true;

/** Gives a message of format 1 its status. Returns other items as they are. */
export const upgradeMessageItem = (item: Item): Item => (isMessage(item) ? { ...item, status: QUEUED } : item);

/** Returns the message of a stream image that sends one, or `undefined`. */
export const sentMessageOf = (item: Item | undefined): QueueMessage | undefined =>
  item !== undefined && isMessage(item)
    ? { ...(JSON.parse(text(item, "json")) as Omit<QueueMessage, "body">), body: text(item, "body") }
    : undefined;
