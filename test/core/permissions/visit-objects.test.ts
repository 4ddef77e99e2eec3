import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { visitObjects } from "../../../core/permissions/visit-objects.ts";
import type { Store } from "../../../core/ports/store.ts";
import { BUCKETS, listRef, type ObjectRef, objectRef, RESOURCES } from "../../../core/resources.ts";
import { Session, SnapshotCache } from "../../../core/store/session.ts";
import { createTransactionContext, transact } from "../../../core/store/transact.ts";
import { readsForWrite } from "../../../core/store/view.ts";
import { startDynamoDb } from "../../../local/dynamodb.ts";
import { openTestStore } from "../../open-test-store.ts";

const { collection: COLLECTION, group: GROUP } = RESOURCES.core;
const BUCKET_IDS = ["a", "b", "c", "d"];
/** Buckets `a` and `c` have collections, `b` and `c` groups, `d` has none. */
const CHILDREN = [
  ...["a", "c"].map((bucket) => [bucket, COLLECTION, ["x", "y", "z"]] as const),
  ...["b", "c"].map((bucket) => [bucket, GROUP, ["g", "h"]] as const),
];

let opened: Awaited<ReturnType<typeof openTestStore>>;
let store: Store;
const expected: string[] = [];

beforeAll(async () => {
  const engine = await startDynamoDb(undefined);
  opened = await openTestStore({ client: engine.client, stop: engine.stop });
  ({ store } = opened);
  for (const id of BUCKET_IDS) await put(objectRef(BUCKETS, id));
  for (const [bucket, resource, ids] of CHILDREN)
    for (const id of ids) await put(objectRef(listRef(resource, objectRef(BUCKETS, bucket)), id));
  for (const bucket of BUCKET_IDS) {
    const prefix = `/buckets/${bucket}`;
    expected.push(prefix);
    for (const [at, { plural }, ids] of CHILDREN)
      if (at === bucket) expected.push(...ids.map((id) => `${prefix}/${plural}/${id}`));
  }
});
afterAll(() => opened[Symbol.asyncDispose]());

const put = (ref: ObjectRef) =>
  transact(createTransactionContext(store), { ...readsForWrite(ref), writes: [ref.list] }, ({ view }) =>
    view.put(ref, { data: { text: "x".repeat(1000) }, acl: {}, changedBy: "u" }),
  );

const newSession = (of = store) => new Session(of, new SnapshotCache(), Date.now());
const visitAll = async (names: readonly string[], limits: { objects: number; bytes: number }, of = store) => {
  const found: string[] = [];
  let [parts, after]: [number, string | undefined] = [0, undefined];
  do {
    const part = await visitObjects(newSession(of), RESOURCES, new Set(names), { after, limits });
    found.push(...part.refs.map(({ uri }) => uri));
    after = part.next;
    parts++;
  } while (after !== undefined);
  return { found, parts };
};

describe("visitObjects", () => {
  it.each([
    { objects: 1, bytes: Number.POSITIVE_INFINITY },
    { objects: 3, bytes: Number.POSITIVE_INFINITY },
    { objects: 1000, bytes: 1 },
  ])("visits each object once in parts of %j", async (limits) => {
    const { found, parts } = await visitAll(["bucket", "collection", "group"], limits);

    expect(found).toEqual(expected);
    expect(parts).toBeGreaterThan(3);
  });

  it("visits all objects in one part when there are few", async () => {
    const limits = { objects: 1000, bytes: 1_000_000 };

    expect(await visitAll(["bucket", "collection", "group"], limits)).toEqual({ found: expected, parts: 1 });
    expect(await visitAll(["group"], limits)).toEqual({
      found: expected.filter((uri) => uri.includes("/groups/")),
      parts: 1,
    });
  });

  it("continues after objects that were deleted", async () => {
    const bucket = objectRef(BUCKETS, "bb");
    await put(bucket);
    await transact(createTransactionContext(store), { ...readsForWrite(bucket), writes: [BUCKETS] }, ({ view }) =>
      view.delete(bucket, "u"),
    );
    const oneAtATime: Store = { ...store, walkHeads: (list, query) => store.walkHeads(list, { ...query, limit: 1 }) };
    const names = ["bucket", "collection", "group"];

    expect(await visitAll(names, { objects: 1, bytes: Number.POSITIVE_INFINITY }, oneAtATime)).toMatchObject({
      found: expected,
    });
    expect(await visitAll(names, { objects: 1000, bytes: 1_000_000 }, oneAtATime)).toEqual({
      found: expected,
      parts: 1,
    });
  });

  it("visits pending changes", async () => {
    const session = newSession();
    const [created, deleted] = ["aa", "b"].map((id) => objectRef(BUCKETS, id)) as [ObjectRef, ObjectRef];
    const view = await session.read({ objects: [created, deleted], clocks: [BUCKETS] });
    view.put(created, { data: {}, acl: {}, changedBy: "u" });
    view.delete(deleted, "u");

    const limits = { objects: 1000, bytes: 1_000_000 };
    const { refs } = await visitObjects(session, RESOURCES, new Set(["bucket"]), { after: undefined, limits });
    expect(refs.map(({ id }) => id).toSorted()).toEqual(["a", "aa", "c", "d"]);
  });
});
