import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { FORMAT_KEY } from "../../adapters/store/dynamodb/format.ts";
import type { Item } from "../../adapters/store/dynamodb/items.ts";
import { createDynamoDbStore } from "../../adapters/store/dynamodb/store.ts";
import { createTransport } from "../../adapters/store/dynamodb/transport.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type ObjectRef, RESOURCES } from "../../core/resources.ts";
import { createTable, startDynamoDb, TABLE_NAME } from "../../local/dynamodb.ts";
import { OLD_FILE, readUndelivered, startMigratedDynamoDb } from "../../local/migrate-table.ts";

const log = createJsonLog(() => undefined);
const RECORDS = "/buckets/b/collections/c/records";
const at = (uri: string) => RESOURCES.parseUri(uri) as ObjectRef;

/** Items of format 1, as version 0.2 wrote them. */
const OLD_ITEMS: readonly Item[] = [
  {
    pk: { S: "/buckets" },
    sk: { S: "b" },
    at: { S: "root.o.0001700000000001.b" },
    ts: { N: "1700000000001" },
    json: { S: '{"id":"b","last_modified":1700000000001}' },
    by: { S: "basicauth:alice" },
    of: { S: "root" },
    acl: { S: '{"write":["basicauth:alice"]}' },
    own: { S: "bbbb" },
  },
  { pk: { S: "/buckets" }, sk: { S: "#clock" }, of: { S: "root" }, last: { N: "1700000000001" }, n: { N: "1" } },
  { pk: { S: "who#basicauth:alice" }, sk: { S: "/buckets#b" }, of: { S: "root" } },
  {
    pk: { S: "/buckets/b/collections" },
    sk: { S: "c" },
    at: { S: "bbbb.o.0001700000000002.c" },
    ts: { N: "1700000000002" },
    json: { S: '{"id":"c","last_modified":1700000000002}' },
    by: { S: "basicauth:alice" },
    of: { S: "bbbb" },
    own: { S: "cccc" },
  },
  {
    pk: { S: RECORDS },
    sk: { S: "imported" },
    at: { S: "cccc.o.0000000000001000.imported" },
    ts: { N: "1000" },
    rev: { N: "1700000000003" },
    json: { S: '{"id":"imported","last_modified":1000}' },
    by: { S: "basicauth:alice" },
    of: { S: "cccc" },
  },
  {
    pk: { S: RECORDS },
    sk: { S: "gone" },
    at: { S: "cccc.t.0001700000000004.gone" },
    ts: { N: "1700000000004" },
    json: { S: '{"id":"gone","last_modified":1700000000004,"deleted":true}' },
    by: { S: "basicauth:alice" },
    of: { S: "cccc" },
    gone: { BOOL: true },
  },
  { pk: { S: RECORDS }, sk: { S: "#clock" }, of: { S: "cccc" }, last: { N: "1700000000004" }, n: { N: "1" } },
  // Unreleased versions wrote parent items already.
  {
    pk: { S: "parent#/buckets/b" },
    sk: { S: "#" },
    ts: { N: "1" },
    json: { S: "{}" },
    by: { S: "" },
    of: { S: "root" },
  },
  { pk: { S: "claim#email-notify#e1" }, sk: { S: "#" }, owner: { S: "w" }, done: { BOOL: true } },
];

/** A record that was not announced yet. */
const UNDELIVERED: Item = {
  pk: { S: RECORDS },
  sk: { S: "new" },
  at: { S: "cccc.o.0001700000000005.new" },
  ts: { N: "1700000000005" },
  json: { S: '{"id":"new","last_modified":1700000000005}' },
  by: { S: "basicauth:alice" },
  of: { S: "cccc" },
};

/** A message that was not sent yet. */
const UNDELIVERED_MESSAGE: Item = {
  pk: { S: "message#email-notify#m1" },
  sk: { S: "#" },
  body: { S: "{}" },
  json: { S: '{"queue":"email-notify"}' },
};

describe("a table of format 1", () => {
  let folder: string;
  let positions: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kintoun-migrate-"));
    positions = join(folder, "stream.json");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const options = () => ({
    folder: { path: folder, file: (name: string) => join(folder, name), warnings: [], release: () => undefined },
    positions,
    resources: RESOURCES,
    log,
  });

  /** Creates the table with the layout of version 0.2. */
  const createOldTable = async (further: readonly Item[] = []) => {
    const engine = await startDynamoDb(folder);
    const [client, streams] = [new DynamoDBClient(engine.client), new DynamoDBStreamsClient(engine.client)];
    const { TableDescription } = await client.send(
      new CreateTableCommand({
        TableName: TABLE_NAME,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: ["pk", "sk", "at"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
        LocalSecondaryIndexes: [
          {
            IndexName: "by-time",
            KeySchema: [
              { AttributeName: "pk", KeyType: "HASH" },
              { AttributeName: "at", KeyType: "RANGE" },
            ],
            Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["ts", "json"] },
          },
        ],
        StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
      }),
    );
    for (const Item of [...OLD_ITEMS, ...further])
      await client.send(new PutItemCommand({ TableName: TABLE_NAME, Item }));
    const arn = TableDescription?.LatestStreamArn ?? "";
    const delivered = await readUndelivered(streams, arn, positions);
    writeFileSync(
      positions,
      JSON.stringify({ stream: arn, positions: { [delivered.at(-1)?.shard ?? ""]: delivered.at(-1)?.sequence } }),
    );
    for (const Item of [UNDELIVERED, UNDELIVERED_MESSAGE])
      await client.send(new PutItemCommand({ TableName: TABLE_NAME, Item }));
    for (const one of [client, streams]) one.destroy();
    await engine.stop();
  };

  const checkMigrated = async () => {
    const engine = await startMigratedDynamoDb(options());
    const [client, streams] = [new DynamoDBClient(engine.client), new DynamoDBStreamsClient(engine.client)];
    const { send, close } = createTransport(engine.client);
    try {
      const store = createDynamoDbStore({ send, table: TABLE_NAME });
      const [bucket, collection] = [at("/buckets/b"), at("/buckets/b/collections/c")];
      const { list } = at(`${RECORDS}/new`);
      const { parents, objects, clocks } = await store.read({
        objects: [bucket, collection],
        parents: [bucket, collection],
        clocks: [list],
      });
      expect([...parents.keys()].toSorted()).toEqual([bucket.uri, collection.uri]);
      expect(parents).toEqual(objects);
      expect(clocks.get(list.uri)?.timestamp).toBe(1_700_000_000_004);
      const { changes } = await store.readChanges(list, { parentGeneration: "cccc", after: { revision: 0 }, limit: 9 });
      expect(changes.map(({ id, deleted }) => [id, deleted])).toEqual([
        ["imported", false],
        ["gone", true],
        ["new", false],
      ]);
      expect((await store.claim("email-notify#e1", { owner: "x", until: 1 })).kind).toBe("done");
      const arn = await createTable(client, TABLE_NAME);
      const undelivered = await readUndelivered(streams, arn, positions);
      expect(undelivered.map(({ NewImage }) => NewImage)).toEqual([
        expect.objectContaining({ sk: { S: "new" }, kind: { S: "record" } }),
        { ...UNDELIVERED_MESSAGE, status: { S: "queued" } },
      ]);
      expect(existsSync(join(folder, OLD_FILE))).toBe(true);
    } finally {
      close();
      for (const one of [client, streams]) one.destroy();
      await engine.stop();
    }
  };

  it("is copied into a new one, and only what was not delivered is in the stream", async () => {
    await createOldTable();
    await checkMigrated();
  });

  it("is copied after a migration that was killed at any time", async () => {
    await createOldTable(
      Array.from({ length: 300 }, (_, n) => ({ pk: { S: "state#plugin#list" }, sk: { S: `${n}` }, json: { S: "1" } })),
    );
    const script = join(folder, "migrate.ts");
    writeFileSync(
      script,
      `import { startMigratedDynamoDb } from ${JSON.stringify(join(import.meta.dirname, "../../local/migrate-table.ts"))};
       import { RESOURCES } from ${JSON.stringify(join(import.meta.dirname, "../../core/resources.ts"))};
       const log = { info() {}, warn() {}, error() {} };
       await startMigratedDynamoDb({ folder: { path: ${JSON.stringify(folder)}, file: (name) => ${JSON.stringify(`${folder}/`)} + name },
         positions: ${JSON.stringify(positions)}, resources: RESOURCES, log });`,
    );
    for (const wait of [700, 1200]) {
      const child = spawn(process.execPath, ["--no-warnings", script], { stdio: "ignore" });
      await sleep(wait);
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      // The engines end with the killed process.
      await sleep(300);
    }
    await checkMigrated();
  }, 30_000);
});

describe("a table of a newer format", () => {
  it("is refused by the store and by the start of the laptop's server", async () => {
    const engine = await startDynamoDb(undefined);
    const client = new DynamoDBClient(engine.client);
    const { send, close } = createTransport(engine.client);
    try {
      await createTable(client, TABLE_NAME);
      await client.send(new PutItemCommand({ TableName: TABLE_NAME, Item: { ...FORMAT_KEY, format: { N: "99" } } }));

      const store = createDynamoDbStore({ send, table: TABLE_NAME });
      const message = /format 99, and this version of Kintoun knows formats up to 2/;
      await expect(store.read({ objects: [], clocks: [] })).rejects.toThrow(message);
      await expect(store.purge(at("/buckets/b").list, "g", () => true)).rejects.toThrow(message);
      await expect(createTable(client, TABLE_NAME)).rejects.toThrow(message);
    } finally {
      close();
      client.destroy();
      await engine.stop();
    }
  });
});
