import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { deleteUserData } from "../../plugins/user-data/delete-user-data.ts";
import { userData } from "../../plugins/user-data/index.ts";

const PAUL = "testuser:paul";
let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({ plugins: [userData({ deletePrincipals: ["testuser:root"] })] });
});
afterAll(() => store.close());

const createData = async () => {
  const paul = { as: "paul" };
  await store.put("/buckets/paul", {}, paul);
  await store.put("/buckets/paul/collections/c", {}, paul);
  await store.put("/buckets/paul/collections/c/records/r", {}, paul);
  await store.put("/buckets/shared", { permissions: { write: [PAUL], read: [PAUL, "testuser:bob"] } });
  await store.put("/buckets/club", { permissions: { "collection:create": [PAUL] } });
  await store.put("/buckets/club/groups/g", { data: { members: [PAUL, "testuser:bob"], note: "kept" } });
  await store.put("/buckets/club/groups/others", { data: { members: ["testuser:bob"] } });
  await store.put("/buckets/club/collections/c", {
    data: { schema: { type: "object" } },
    permissions: { "record:create": [PAUL] },
  });
  await store.put("/buckets/club/collections/c/records/his", { data: { n: 1 } }, paul);
  await store.put("/buckets/club/collections/c/records/both", { data: { n: 2 }, permissions: { write: [PAUL] } });
  await store.put("/buckets/club/collections/c", { data: { schema: { type: "object", required: ["missing"] } } });
};

const remaining = async () => ({
  paul: (await store.get("/buckets/paul", { as: "paul" })).status,
  his: (await store.get("/buckets/club/collections/c/records/his")).status,
  both: (await store.get("/buckets/club/collections/c/records/both")).body,
  group: (await store.get("/buckets/club/groups/g")).body,
  others: (await store.get("/buckets/club/groups/others")).body.data.members,
  shared: (await store.get("/buckets/shared")).body.permissions,
  club: (await store.get("/buckets/club")).body.permissions,
  collection: (await store.get("/buckets/club/collections/c")).body.permissions,
});

const ALICE = ["testuser:alice"];
const GONE = {
  paul: 403,
  his: 404,
  both: { data: expect.objectContaining({ id: "both", n: 2 }), permissions: { write: ALICE } },
  group: {
    data: { id: "g", members: ["testuser:bob"], note: "kept", last_modified: expect.any(Number) },
    permissions: { write: ALICE },
  },
  others: ["testuser:bob"],
  shared: { write: ALICE, read: ["testuser:bob"] },
  club: { write: ALICE },
  collection: { write: ALICE },
};

describe("user data", () => {
  it("deletes what only the user may write, and removes the user from everything else", async () => {
    await createData();
    const uri = `/__user_data__/${encodeURIComponent(PAUL)}`;

    expect((await store.delete(uri)).status).toBe(403);
    expect((await store.delete(uri, { as: null })).status).toBe(401);
    expect((await store.delete("/__user_data__/system.Everyone", { as: "root" })).status).toBe(400);
    const started = await store.delete(uri, { as: "root" });
    expect([started.status, started.body]).toEqual([202, { data: { principal: PAUL }, job_id: expect.any(String) }]);
    expect(started.headers.get("location")).toBe(`${store.url}/jobs/${started.body.job_id}`);
    await store.drain();

    expect((await store.get(`/jobs/${started.body.job_id}`, { as: "root" })).body).toMatchObject({
      status: "succeeded",
      result: { deleted: 2, removed: 5 },
    });
    expect(await remaining()).toEqual(GONE);
    expect((await store.get("/permissions", { as: "paul" })).body.data).toMatchObject([{ uri: "/" }]);
  });

  it("continues after it was stopped at any step", async () => {
    await createData();
    const { data } = (await store
      .getServices("user-data", "store-jobs")
      .catch(() => store.getServices("user-data"))) as { data: Parameters<typeof deleteUserData>[0] };
    let [done, stops] = [{ deleted: 0, removed: 0 }, 0];
    for (;;) {
      const run = deleteUserData(data, PAUL, done, async (progress) => {
        done = progress;
        stops += 1;
        throw new Error("stopped");
      });
      if (
        await run.then(
          () => true,
          () => false,
        )
      )
        break;
    }

    expect([done, stops]).toEqual([{ deleted: 2, removed: 5 }, 7]);
    expect(await remaining()).toEqual(GONE);
  });

  it("is a command too", async () => {
    await createData();
    expect(await store.runCommand("user-data", "delete", { principal: PAUL })).toEqual([
      "testuser:paul: deleted 2 objects, and removed the user from 5 others",
    ]);
    expect(await remaining()).toEqual(GONE);
  });
});
