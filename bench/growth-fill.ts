import { DynamoDBClient, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { createDynamoDbStore } from "../adapters/store/dynamodb/store.ts";
import { createTransport } from "../adapters/store/dynamodb/transport.ts";
import type { Change, ListClock, Store, StoredObject } from "../core/ports/store.ts";
import { type ObjectRef, objectRef, RESOURCES } from "../core/resources.ts";
import { parseData } from "../core/store/view.ts";
import { startDynamoDb, startStream, TABLE_NAME } from "../local/dynamodb.ts";

/** A record and its index item are two of the 100 items of a transaction, and the list's clock is one. */
const RECORDS_PER_COMMIT = 49;
/** Commits between two lines of progress. */
const COMMITS_PER_REPORT = 400;

const toRecordId = (n: number): string => `r${String(n).padStart(7, "0")}`;

/**
 * Adds copies of a record to its list in a data folder that is not in use, without a stream: see {@link writeCopies}.
 * @param uri the record, which requests have created
 * @param count number of records that the list gets
 */
export const fillList = async (folder: string, uri: string, count: number): Promise<void> => {
  const engine = await startDynamoDb(folder);
  const client = new DynamoDBClient(engine.client);
  const transport = createTransport(engine.client);
  try {
    await client.send(new UpdateTableCommand({ TableName: TABLE_NAME, StreamSpecification: { StreamEnabled: false } }));
    await writeCopies(createDynamoDbStore({ send: transport.send, table: TABLE_NAME }), uri, count);
    await startStream(client, TABLE_NAME);
  } finally {
    transport.close();
    client.destroy();
    await engine.stop();
  }
};

/**
 * Adds copies of a record to its list until it has `count` records, by commits of the store.
 * @param uri the record, which requests have created
 */
export const writeCopies = async (store: Store, uri: string, count: number): Promise<void> => {
  const ref = RESOURCES.parseUri(uri);
  if (ref === undefined) throw new Error(`${uri} is not the URI of a record`);
  const { objects, clocks } = await store.read({ objects: [ref], clocks: [ref.list] });
  const [original, first] = [objects.get(uri), clocks.get(ref.list.uri)];
  if (original === undefined || first === undefined) throw new Error(`${uri} does not exist`);
  let clock: ListClock = first;
  for (let commits = 1; clock.count < count; commits++) {
    const before = clock;
    const changes = Array.from({ length: Math.min(RECORDS_PER_COMMIT, count - before.count) }, (_, n) =>
      copyTo(objectRef(ref.list, toRecordId(before.count + n)), original, before.timestamp + n + 1),
    );
    clock = { ...before, timestamp: before.timestamp + changes.length, count: before.count + changes.length };
    const update = { list: ref.list, before, after: clock, requireUnchanged: true };
    const { kind } = await store.commit({ changes, clocks: [update], outbox: [] });
    if (kind !== "done") throw new Error(`A commit of copies ended as '${kind}'`);
    if (commits % COMMITS_PER_REPORT === 0) console.error(`${clock.count} of ${count} records`);
  }
};

const copyTo = (ref: ObjectRef, original: StoredObject, last_modified: number): Change => {
  const json = JSON.stringify({ ...parseData(original), id: ref.id, last_modified });
  return { ref, before: undefined, after: { ...original, json, last_modified, revision: last_modified } };
};
