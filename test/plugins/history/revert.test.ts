import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, refuse } from "@kintoun/kit";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { history } from "../../../plugins/history/index.ts";
import { startStore, type TestStore } from "../../start-store.ts";

/** Refuses changes of records with an id. */
const guard = definePlugin({
  name: "guard",
  about: "Guards records.",
  hooks: {
    before: {
      refuse: {
        on: ["record.update", "record.delete"],
        run: ({ record_id: id, user_id: user }) => {
          if (id === "guarded" && !user.startsWith("plugin:")) throw refuse(403, "This record is guarded.");
        },
      },
    },
  },
});

let store: TestStore;
let counter = 0;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), guard(), history()] });
});
afterAll(() => store.close());

const newBucket = async () => {
  const bucket = `/buckets/r${counter++}`;
  await store.put(bucket, { data: { title: "old" }, permissions: { write: [await store.userId("bob")] } });
  await store.put(`${bucket}/collections/c`);
  const records = `${bucket}/collections/c/records`;
  for (const id of ["a", "b", "c"]) await store.put(`${records}/${id}`, { data: { n: 1 } });
  store.clock.advance(1000);
  return { bucket, collection: `${bucket}/collections/c`, records, time: store.clock.now() - 1 };
};

const revert = async (uri: string, params: object, as?: string) => {
  store.clock.advance(1000);
  const started = await store.post(`${uri}/actions/revert`, params, as === undefined ? {} : { as });
  expect([started.status, started.body.message]).toEqual([202, undefined]);
  await store.drain();
  const { body } = await store.get(`/jobs/${started.body.job_id}`, as === undefined ? {} : { as });
  expect([body.status, body.error]).toEqual(["succeeded", undefined]);
  const { objects, ...counts } = body.result;
  return {
    ...counts,
    objects: Object.fromEntries(
      objects.map((one: { uri: string; what: string }) => [one.uri.split("/").slice(3).join("/"), one.what]),
    ),
  };
};
const stateOf = async (path: string) => {
  const { status, body } = await store.get(path);
  if (status !== 200) return status;
  const { last_modified: _, id: __, ...data } = body.data;
  return { data, permissions: body.permissions };
};

describe("revert", () => {
  it("is refused for a time in the future, and with unknown parameters", async () => {
    const { bucket, time } = await newBucket();
    for (const [params, message] of [
      [{ at: time + 10 * 24 * 3600_000 }, "is in the future"],
      [{ at: time, dry: true }, "dry"],
    ] as const) {
      const { status, body } = await store.post(`${bucket}/actions/revert`, params);
      expect([status, body.message]).toEqual([400, expect.stringContaining(message)]);
    }
    // Timestamps may be ahead of the clock of who asks.
    const { body } = await store.post(`${bucket}/actions/revert`, { at: time + 3600_000 });
    await store.drain();
    const job = (await store.get(`/jobs/${body.job_id}`)).body;
    expect([job.status, job.error]).toEqual(["failed", expect.stringContaining("is in the future")]);
  });

  it("sets back a record, a collection or a bucket, and first reports what it would do", async () => {
    const { bucket, collection, records, time } = await newBucket();
    const [before, alice] = [await stateOf(`${records}/a`), await store.userId("alice")];
    await store.patch(bucket, { data: { title: "new" } });
    await store.put(`${records}/a`, { data: { n: 2 }, permissions: { read: ["system.Everyone"] } });
    await store.delete(`${records}/b`);
    await store.put(`${records}/new`);
    await store.put(`${bucket}/groups/g`, { data: { members: [alice] } });
    await store.put(`${records}/brief`);
    await store.delete(`${records}/brief`);

    const dry = await revert(bucket, { at: time, dry_run: true });
    expect(dry).toEqual({
      ...{ created: 1, updated: 2, deleted: 2, skipped: 0 },
      objects: {
        "": "update",
        "collections/c/records/a": "update",
        "collections/c/records/b": "create",
        "collections/c/records/new": "delete",
        "groups/g": "delete",
      },
    });
    expect(await stateOf(`${records}/b`)).toBe(404);

    expect(await revert(`${records}/a`, { at: time })).toMatchObject({ updated: 1, created: 0, deleted: 0 });
    expect(await stateOf(`${records}/a`)).toEqual(before);
    const onCollection = await revert(collection, { at: time });
    expect(onCollection).toMatchObject({ created: 1, updated: 0, deleted: 1, skipped: 0 });
    expect(await stateOf(`${bucket}/groups/g`)).not.toBe(404);
    expect(await revert(bucket, { at: time })).toMatchObject({ updated: 1, deleted: 1 });
    expect((await store.get(bucket)).body.data.title).toBe("old");
    expect(await revert(bucket, { at: time })).toEqual({
      ...{ created: 0, updated: 0, deleted: 0, skipped: 0 },
      objects: {},
    });
    const { data } = (await store.get(`${bucket}/history?record_id=a`)).body;
    expect(data.map(({ action, user_id: user }: { action: string; user_id: string }) => [action, user])).toEqual([
      ["update", alice],
      ["update", alice],
      ["create", alice],
    ]);
  });

  it("restores a deleted collection with its records", async () => {
    const { bucket, collection, records, time } = await newBucket();
    const before = await stateOf(`${records}/a`);
    await store.put(`${records}/b`, { data: { n: 2 } });
    await store.put(`${records}/late`);
    await store.delete(collection);
    store.clock.advance(1000);

    const expected = { created: 4, updated: 0, deleted: 0, skipped: 0 };
    expect(await revert(bucket, { at: time, dry_run: true })).toMatchObject(expected);
    expect(await revert(bucket, { at: time })).toMatchObject(expected);
    expect(
      (await store.get(`${records}?_sort=id`)).body.data.map(({ id, n }: { id: string; n: number }) => [id, n]),
    ).toEqual([
      ["a", 1],
      ["b", 1],
      ["c", 1],
    ]);
    expect(await stateOf(`${records}/a`)).toEqual(before);
  });

  it("sets back what one user has done, and leaves what others have changed since", async () => {
    const { bucket, collection, records, time } = await newBucket();
    const bob = await store.userId("bob");
    await store.put(`${records}/a`, { data: { n: 2 } }, { as: "bob" });
    await store.put(`${records}/b`, { data: { n: 2 } }, { as: "bob" });
    await store.patch(`${records}/b`, { data: { n: 3 } });
    await store.put(`${records}/c`, { data: { n: 4 } });

    expect(await revert(bucket, { at: time, by: bob })).toEqual({
      ...{ created: 0, updated: 1, deleted: 0, skipped: 1 },
      objects: {
        "collections/c/records/a": "update",
        "collections/c/records/b": "Others have changed it since.",
      },
    });
    expect((await store.get(`${records}/a`)).body.data.n).toBe(1);
    expect((await store.get(`${records}/b`)).body.data.n).toBe(3);
    const later = store.clock.now();
    store.clock.advance(1000);
    await store.delete(collection, { as: "bob" });
    expect(await revert(bucket, { at: later, by: bob })).toMatchObject({ created: 4, skipped: 0 });
    expect((await store.get(`${records}/c`)).body.data.n).toBe(4);
  });

  it("has only the permissions of its user, and runs hooks", async () => {
    const { bucket, collection, records, time: start } = await newBucket();
    await store.put(`${records}/guarded`, { data: { n: 1 } });
    await store.put(`${records}/d`, { data: { n: 1 } });
    store.clock.advance(1000);
    const hidden = store.clock.now() - 1;
    const carol = await store.userId("carol");
    await store.patch(`${records}/d`, { permissions: { write: [carol] } });
    store.clock.advance(1000);
    const time = store.clock.now() - 1;
    store.clock.advance(1000);
    await store.patch(`${records}/d`, { data: { n: 2 } });

    expect((await store.post(`${collection}/actions/revert`, { at: time }, { as: "carol" })).status).toBe(403);
    expect((await store.post(`${records}/d/actions/revert`, { at: time, dryRun: true }, { as: "carol" })).status).toBe(
      400,
    );
    expect(await revert(`${records}/d`, { at: hidden }, "carol")).toMatchObject({ updated: 0, skipped: 1 });
    expect(await revert(`${records}/d`, { at: time }, "carol")).toMatchObject({ updated: 1, skipped: 0 });
    expect(await revert(collection, { at: start })).toMatchObject({
      deleted: 1,
      objects: { "collections/c/records/d": "delete", "collections/c/records/guarded": "This record is guarded." },
    });
    expect((await store.post(`${bucket}/actions/revert`, { at: "x" })).status).toBe(400);
  });

  it("reports what is not kept", async () => {
    const { bucket, records, time } = await newBucket();
    await store.put(`${records}/a`, { data: { n: 2 } });
    await store.delete(`${bucket}/history?_before=${time}`);

    expect(await revert(bucket, { at: time })).toMatchObject({
      skipped: 1,
      objects: { "collections/c/records/a": expect.stringContaining("is not kept") },
    });
  });
});
