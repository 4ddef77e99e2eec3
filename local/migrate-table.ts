import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { type Item, text } from "../adapters/store/dynamodb/items.ts";
import { type Send, writeAll } from "../adapters/store/dynamodb/operations.ts";
import { createTransport } from "../adapters/store/dynamodb/transport.ts";
import { upgradeItem } from "../adapters/store/dynamodb/upgrade-item.ts";
import { UserError } from "../config/user-error.ts";
import type { Log } from "../core/ports/log.ts";
import type { Resources } from "../core/resources.ts";
import type { AwsConnection } from "../lib/aws/connection.ts";
import { toError } from "../lib/util/to-error.ts";
import type { DataFolder } from "./data-folder.ts";
import {
  createTableWithoutStream,
  type DynamoDbEngine,
  describeTable,
  hasFirstFormat,
  startDynamoDb,
  startStream,
  TABLE_FILE,
  TABLE_NAME,
} from "./dynamodb.ts";
import { hasRecord, loadPositions } from "./stream-poller.ts";

export interface MigrationOptions {
  readonly folder: DataFolder;
  /** File of the stream's position. */
  readonly positions: string;
  readonly resources: Pick<Resources, "parseUri">;
  readonly log: Log;
  readonly onExit?: ((reason: string) => void) | undefined;
}

/** The new table while it is not complete. */
const NEW_FILE = `${TABLE_FILE}.new`;
/** The old table, which is kept. */
export const OLD_FILE = "table-format-1.sqlite";
/** Items between two lines of the log. */
const ITEMS_PER_REPORT = 10_000;

/**
 * Starts the embedded DynamoDB of a data folder. Copies a table of format 1 (version 0.2 and before) into a new file
 * first, since DynamoDB cannot add local indexes. The new file replaces the old one when it is complete, so a migration
 * that is interrupted starts again. Throws a {@link UserError} when the table cannot be copied.
 */
export const startMigratedDynamoDb = async (options: MigrationOptions): Promise<DynamoDbEngine> => {
  const { folder, positions, log, onExit } = options;
  const [file, newFile, oldFile] = [TABLE_FILE, NEW_FILE, OLD_FILE].map(folder.file) as [string, string, string];
  const engine = await startDynamoDb(folder.path, onExit);
  try {
    if (!(await isOld(engine.client))) return engine;
    log.info("The table has format 1 and is converted to format 2. This can take minutes", { file });
    await copyIntoNewFile(engine, newFile, options);
  } catch (error) {
    await engine.stop();
    throw toUserError(file, error);
  }
  await engine.stop();
  try {
    for (const one of [file, newFile]) writeBackLog(one);
    copyFileSync(file, oldFile);
    renameSync(newFile, file);
  } catch (error) {
    throw toUserError(file, error);
  }
  // The positions are those of the old table's stream.
  rmSync(positions, { force: true });
  log.info("The table has format 2. Remove the old one when you no longer need it", { old: oldFile });
  return startDynamoDb(folder.path, onExit);
};

const toUserError = (file: string, error: unknown): UserError =>
  error instanceof UserError
    ? error
    : new UserError([
        `The table ${file} cannot be converted to format 2: ${toError(error).message}. It is unchanged. Check that the disk has space for two more tables, and start again.`,
      ]);

const copyIntoNewFile = async (engine: DynamoDbEngine, newFile: string, options: MigrationOptions): Promise<void> => {
  removeDatabase(newFile);
  const target = await startDynamoDb(options.folder.path, undefined, NEW_FILE);
  try {
    await copyTable({ ...options, source: engine.client, target: target.client });
  } finally {
    await target.stop();
  }
};

const isOld = async (config: AwsConnection): Promise<boolean> => {
  const client = new DynamoDBClient(config);
  try {
    const description = await describeTable(client, TABLE_NAME);
    return description !== undefined && hasFirstFormat(description);
  } finally {
    client.destroy();
  }
};

const removeDatabase = (file: string): void => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
};

/** Moves SQLite's write-ahead log into the file, since the log would not follow a renamed file. */
const writeBackLog = (file: string): void => {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  if (existsSync(`${file}-wal`))
    throw new UserError([`The file ${file} is in use by another program. End it and start again.`]);
};

interface CopyOptions extends Pick<MigrationOptions, "positions" | "resources" | "log"> {
  readonly source: AwsConnection;
  readonly target: AwsConnection;
}

/**
 * Copies all items. Changes that the stream has not delivered yet are left out of the copy, and made again when the new
 * stream has started, so that it has just these.
 */
const copyTable = async ({ source, target, positions, resources, log }: CopyOptions): Promise<void> => {
  const [from, to, streams] = [
    new DynamoDBClient(source),
    new DynamoDBClient(target),
    new DynamoDBStreamsClient(source),
  ];
  const { send, close } = createTransport(target);
  try {
    await createTableWithoutStream(to, TABLE_NAME);
    const { LatestStreamArn: arn = "" } = (await describeTable(from, TABLE_NAME)) ?? {};
    const records = await readUndelivered(streams, arn, positions);
    const firstImages = new Map<string, Item | undefined>();
    for (const { Keys, OldImage } of records) {
      const name = nameOf(Keys);
      if (!firstImages.has(name)) firstImages.set(name, OldImage);
    }
    const write = (items: readonly Item[]) =>
      writeAll(
        send,
        TABLE_NAME,
        items.flatMap((item) => upgradeItem(resources, item)).map((Item) => ({ PutRequest: { Item } })),
      );
    let [copied, reported] = [0, 0];
    let startKey: Item | undefined;
    do {
      const page = await from.send(
        new ScanCommand({
          TableName: TABLE_NAME,
          ConsistentRead: true,
          ...(startKey && { ExclusiveStartKey: startKey }),
        }),
      );
      const items: readonly Item[] = page.Items ?? [];
      await write(items.filter((item) => !firstImages.has(nameOf(item))));
      copied += items.length;
      if (copied - reported >= ITEMS_PER_REPORT) {
        log.info("Items of the table are copied", { items: copied });
        reported = copied;
      }
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    await write([...firstImages.values()].filter((item) => item !== undefined));
    await startStream(to, TABLE_NAME);
    for (const record of records) await repeat(send, resources, record);
  } finally {
    close();
    for (const client of [from, to, streams]) client.destroy();
  }
};

const nameOf = (key: Item): string => JSON.stringify([text(key, "pk"), text(key, "sk")]);

interface StreamedChange {
  readonly Keys: Item;
  readonly OldImage: Item | undefined;
  readonly NewImage: Item | undefined;
  readonly shard: string;
  readonly sequence: string | undefined;
}

/** Makes a change again, so that the stream delivers it. */
const repeat = async (
  send: Send,
  resources: Pick<Resources, "parseUri">,
  { Keys, OldImage, NewImage }: StreamedChange,
): Promise<void> => {
  const items = NewImage === undefined ? [] : upgradeItem(resources, NewImage);
  if (NewImage === undefined) await send("DeleteItem", { TableName: TABLE_NAME, Key: Keys });
  for (const Item of items) await send("PutItem", { TableName: TABLE_NAME, Item });
  // An object that is deleted loses its parent item.
  const [, parent] = OldImage === undefined ? [] : upgradeItem(resources, OldImage);
  if (parent !== undefined && items.length < 2)
    await send("DeleteItem", { TableName: TABLE_NAME, Key: { pk: parent.pk, sk: parent.sk } as Item });
};

/**
 * Reads what the stream has not delivered yet, in its order. Reads all of it if it no longer has the last record that was
 * delivered.
 */
export const readUndelivered = async (
  client: DynamoDBStreamsClient,
  arn: string,
  file: string,
): Promise<readonly StreamedChange[]> => {
  const saved = await loadPositions(file);
  const positions = saved.stream === undefined || saved.stream === arn ? saved.positions : {};
  const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn: arn }));
  const found: StreamedChange[] = [];
  for (const { ShardId = "" } of StreamDescription?.Shards ?? []) {
    const position = positions[ShardId];
    const after = position !== undefined && (await hasRecord(client, arn, ShardId, position)) ? position : undefined;
    let { ShardIterator: next } = await client.send(
      new GetShardIteratorCommand({
        StreamArn: arn,
        ShardId,
        ...(after === undefined
          ? { ShardIteratorType: "TRIM_HORIZON" as const }
          : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER" as const, SequenceNumber: after }),
      }),
    );
    while (next !== undefined) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator: next, Limit: 1000 }));
      const records: readonly _Record[] = page.Records ?? [];
      if (records.length === 0) break;
      for (const { dynamodb } of records)
        found.push({
          Keys: (dynamodb?.Keys ?? {}) as Item,
          OldImage: dynamodb?.OldImage as Item | undefined,
          NewImage: dynamodb?.NewImage as Item | undefined,
          shard: ShardId,
          sequence: dynamodb?.SequenceNumber,
        });
      next = page.NextShardIterator;
    }
  }
  return found;
};
