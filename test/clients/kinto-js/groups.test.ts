import { describe, expect, it } from "@jest/globals";
import { createClient, createCollection, matchError } from "./client.ts";

/** Ids of users who need not exist. */
const ALICE = "basicauth:alice";
const BOB = "basicauth:bob";

describe("createGroup", () => {
  it("creates a group with the id, members, data and permissions that are passed", async () => {
    const { bucket, client } = await createCollection();

    const { data, permissions } = await bucket.createGroup("editors", [BOB], {
      data: { color: "green" },
      permissions: { read: ["system.Everyone"] },
    });

    expect(data).toEqual({
      id: "editors",
      members: [BOB],
      color: "green",
      last_modified: expect.any(Number),
    });
    expect(permissions).toEqual({ read: ["system.Everyone"], write: [(await client.fetchUser())?.id] });
  });

  it("creates a group without members", async () => {
    const { bucket } = await createCollection();

    await expect(bucket.createGroup("editors")).resolves.toMatchObject({ data: { members: [] } });
  });

  it("lets the server choose the id", async () => {
    const { bucket } = await createCollection();

    const { data } = await bucket.createGroup(undefined, [ALICE]);

    await expect(bucket.getGroup(data.id)).resolves.toMatchObject({ data });
  });
});

describe("getGroup", () => {
  it("returns data and permissions", async () => {
    const { bucket } = await createCollection();
    const created = await bucket.createGroup("editors", [ALICE], { data: { color: "green" } });

    await expect(bucket.getGroup("editors")).resolves.toEqual(created);
  });

  it("returns only the fields that are asked for", async () => {
    const { bucket } = await createCollection();
    await bucket.createGroup("editors", [ALICE], { data: { color: "green", size: 3 } });

    const { data } = await bucket.getGroup("editors", { fields: ["color"] });

    expect(data).toEqual({ id: "editors", color: "green", last_modified: expect.any(Number) });
    await expect(bucket.getGroup("editors", { query: { _fields: "size" } })).resolves.not.toHaveProperty("data.color");
  });

  it("rejects a group which does not exist", async () => {
    const { bucket } = await createCollection();

    await expect(bucket.getGroup("editors")).rejects.toMatchObject(matchError(404, 110));
  });
});

describe("updateGroup", () => {
  it("replaces members and data", async () => {
    const { bucket } = await createCollection();
    await bucket.createGroup("editors", [ALICE], { data: { color: "green" } });

    const { data } = await bucket.updateGroup({ id: "editors", members: [BOB], size: 3 });

    expect(data).toEqual({
      id: "editors",
      members: [BOB],
      size: 3,
      last_modified: expect.any(Number),
    });
  });

  it("accepts members and permissions in its options", async () => {
    const { bucket } = await createCollection();
    await bucket.createGroup("editors");

    await expect(
      bucket.updateGroup({ id: "editors" }, { data: { members: [ALICE] }, permissions: { read: ["system.Everyone"] } }),
    ).resolves.toMatchObject({
      data: { members: [ALICE] },
      permissions: { read: ["system.Everyone"] },
    });
  });

  it("keeps the other fields with `patch`", async () => {
    const { bucket } = await createCollection();
    await bucket.createGroup("editors", [ALICE]);

    await expect(bucket.updateGroup({ id: "editors", size: 3 }, { patch: true })).resolves.toMatchObject({
      data: { members: [ALICE], size: 3 },
    });
  });
});

describe("members of a group", () => {
  it("get the permissions which are granted to the group, until they leave it", async () => {
    const { bucket, collection } = await createCollection();
    const member = createClient();
    const readAsMember = () => member.bucket(bucket.name).collection("articles").listRecords();
    await bucket.createGroup("readers", [String((await member.fetchUser())?.id)]);
    await expect(readAsMember()).rejects.toMatchObject(matchError(403, 121));

    await collection.setPermissions({ read: [`/buckets/${bucket.name}/groups/readers`] });
    await expect(readAsMember()).resolves.toMatchObject({ data: [] });
    expect((await member.fetchUser())?.principals).toContain(`/buckets/${bucket.name}/groups/readers`);

    await bucket.updateGroup({ id: "readers", members: [] });
    await expect(readAsMember()).rejects.toMatchObject(matchError(403, 121));
  });
});

describe("getGroupsTimestamp", () => {
  it("rises with every change of the list", async () => {
    const { bucket } = await createCollection();
    await bucket.createGroup("editors");
    const before = await bucket.getGroupsTimestamp();

    await bucket.deleteGroup("editors");

    const after = await bucket.getGroupsTimestamp();
    expect(String(after) > String(before)).toBe(true);
    expect(after).toBe(`"${(await bucket.listGroups()).last_modified}"`);
  });
});

describe("deleteGroup", () => {
  it("deletes a group by its id or its data", async () => {
    const { bucket } = await createCollection();
    await bucket.createGroup("editors");
    const { data: readers } = await bucket.createGroup("readers");

    await expect(bucket.deleteGroup("editors")).resolves.toMatchObject({ data: { id: "editors", deleted: true } });
    await expect(bucket.deleteGroup(readers)).resolves.toMatchObject({ data: { id: "readers", deleted: true } });
    await expect(bucket.listGroups()).resolves.toMatchObject({ data: [] });
  });
});

describe("deleteGroups", () => {
  it("deletes the groups that a filter matches, or all groups", async () => {
    const { bucket } = await createCollection();
    for (const id of ["editors", "readers", "writers"]) await bucket.createGroup(id);

    const { data } = await bucket.deleteGroups({ filters: { id: "readers" } });
    expect(data.map(({ id }) => id)).toEqual(["readers"]);

    await bucket.deleteGroups();
    await expect(bucket.listGroups()).resolves.toMatchObject({ data: [] });
  });
});
