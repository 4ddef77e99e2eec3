import { beforeEach, describe, expect, it } from "@jest/globals";
import { type Bucket, type Client, type Collection, createClient, createCollection, matchError } from "./client.ts";

const ALICE = "basicauth:alice";
const BOB = "basicauth:bob";

let client: Client;
let bucket: Bucket;
let collection: Collection;
let owner: string;
beforeEach(async () => {
  ({ client, bucket, collection } = await createCollection());
  owner = String((await client.fetchUser())?.id);
});

/** Buckets and collections have the same methods. */
describe.each(["bucket", "collection"] as const)("permissions of a %s", (kind) => {
  const getResource = (): Bucket | Collection => (kind === "bucket" ? bucket : collection);

  it("contain the creator's id under `write`", async () => {
    await expect(getResource().getPermissions()).resolves.toEqual({ write: [owner] });
  });

  it("are replaced as a whole by setPermissions, except for the user's own", async () => {
    await getResource().setPermissions({ read: [ALICE], write: [BOB] });
    await getResource().setPermissions({ read: [BOB] });

    await expect(getResource().getPermissions()).resolves.toEqual({ read: [BOB], write: [owner] });
  });

  it("are removed by setPermissions with an empty list", async () => {
    await getResource().setPermissions({ read: [ALICE] });
    await getResource().setPermissions({ read: [] });

    await expect(getResource().getPermissions()).resolves.toEqual({ write: [owner] });
  });

  it("are extended by addPermissions", async () => {
    await getResource().setPermissions({ read: [ALICE] });
    await getResource().addPermissions({ read: [BOB], write: [BOB] });

    const permissions = await getResource().getPermissions();

    expect([...(permissions.read ?? [])].sort()).toEqual([ALICE, BOB]);
    expect([...(permissions.write ?? [])].sort()).toEqual([owner, BOB].sort());
  });

  it("are reduced by removePermissions", async () => {
    await getResource().setPermissions({ read: [ALICE, BOB], write: [owner, BOB] });
    await getResource().removePermissions({ read: [ALICE], write: [BOB] });

    await expect(getResource().getPermissions()).resolves.toEqual({ read: [BOB], write: [owner] });
  });

  it("leave the data unchanged", async () => {
    await getResource().setData({ color: "green" });
    await getResource().setPermissions({ read: [ALICE] });
    await getResource().addPermissions({ read: [BOB] });

    await expect(getResource().getData()).resolves.toMatchObject({ color: "green" });
  });

  it("are changed only if last_modified matches with `safe`", async () => {
    const { last_modified } = await getResource().getData<{ last_modified: number }>();
    const stale = { safe: true, last_modified: last_modified - 1 };

    await expect(getResource().setPermissions({ read: [ALICE] }, stale)).rejects.toMatchObject(matchError(412, 114));
    await expect(getResource().addPermissions({ read: [ALICE] }, stale)).rejects.toMatchObject(matchError(412, 114));
    await expect(getResource().removePermissions({ write: [owner] }, stale)).rejects.toMatchObject(
      matchError(412, 114),
    );
    await getResource().addPermissions({ read: [ALICE] }, { safe: true, last_modified });

    await expect(getResource().getPermissions()).resolves.toEqual({ read: [ALICE], write: [owner] });
  });
});

describe("permissions of another user", () => {
  let other: Client;
  let otherId: string;
  beforeEach(async () => {
    other = createClient();
    otherId = String((await other.fetchUser())?.id);
  });
  const getTheirCollection = () => other.bucket(bucket.name).collection("articles");

  it("let the user read records with `read` on the collection, and not write them", async () => {
    const { data } = await collection.createRecord({ title: "one" });
    await collection.addPermissions({ read: [otherId] });

    await expect(getTheirCollection().listRecords()).resolves.toMatchObject({ data: [data] });
    await expect(getTheirCollection().updateRecord({ ...data, title: "two" })).rejects.toMatchObject(
      matchError(403, 121),
    );
  });

  it("let the user create records with `record:create`, and read only these", async () => {
    await collection.createRecord({ title: "one" });
    await collection.setPermissions({ "record:create": [otherId] });

    const { data } = await getTheirCollection().createRecord({ title: "two" });

    await expect(getTheirCollection().listRecords()).resolves.toMatchObject({ data: [data] });
  });

  it("let the user create collections and groups with `collection:create` and `group:create`", async () => {
    await expect(other.bucket(bucket.name).createGroup("readers")).rejects.toMatchObject(matchError(403, 121));
    await bucket.setPermissions({ "collection:create": [otherId], "group:create": [otherId] });

    await other.bucket(bucket.name).createCollection("photos");
    await other.bucket(bucket.name).createGroup("readers");

    await expect(bucket.listCollections()).resolves.toMatchObject({ data: [{ id: "photos" }, { id: "articles" }] });
    await expect(bucket.listGroups()).resolves.toMatchObject({ data: [{ id: "readers" }] });
  });

  it("let the user read a single record which grants it", async () => {
    const shared = await collection.createRecord({ title: "one" }, { permissions: { read: [otherId] } });
    await collection.createRecord({ title: "two" });

    await expect(getTheirCollection().getRecord(shared.data.id)).resolves.toMatchObject({ data: shared.data });
    await expect(getTheirCollection().listRecords()).resolves.toMatchObject({ data: [shared.data] });

    await collection.updateRecord(shared.data, { permissions: { read: [] } });
    await expect(getTheirCollection().getRecord(shared.data.id)).rejects.toMatchObject(matchError(403, 121));
  });

  it("are shown to those who may write only", async () => {
    await bucket.addPermissions({ read: [otherId] });

    await expect(other.bucket(bucket.name).getPermissions()).resolves.toEqual({});
  });
});

describe("listPermissions", () => {
  it("lists the objects on which the user has permissions", async () => {
    const { data: record } = await collection.createRecord({ title: "one" });
    await bucket.createGroup("editors");
    const uri = `/buckets/${bucket.name}`;

    const { data } = await client.listPermissions({ pages: Number.POSITIVE_INFINITY });

    expect(
      data
        .map((entry) => entry.uri)
        .filter((path) => path.startsWith(uri))
        .sort(),
    ).toEqual([
      uri,
      `${uri}/collections/articles`,
      `${uri}/collections/articles/records/${record.id}`,
      `${uri}/groups/editors`,
    ]);
    expect(data.find((entry) => entry.uri === `${uri}/collections/articles`)).toMatchObject({
      resource_name: "collection",
      id: "articles",
      bucket_id: bucket.name,
      collection_id: "articles",
      permissions: expect.arrayContaining(["read", "write", "record:create"]),
    });
  });

  it("filters and sorts the objects", async () => {
    for (const id of ["c", "a", "b"]) await bucket.createGroup(id);

    const { data } = await client.listPermissions({
      filters: { resource_name: "group", bucket_id: bucket.name },
      sort: "-id",
    });

    expect(data.map(({ id }) => id)).toEqual(["c", "b", "a"]);
  });

  it("is paginated", async () => {
    for (const id of ["c", "a", "b"]) await bucket.createGroup(id);

    const first = await client.listPermissions({
      filters: { resource_name: "group", bucket_id: bucket.name },
      limit: 2,
    });
    const second = await first.next();

    expect([first, second].map(({ data }) => data.map(({ id }) => id))).toEqual([["a", "b"], ["c"]]);
  });
});
