import { describe, expect, it } from "@jest/globals";
import { createCollection, createRecords, getTitles } from "./client.ts";

/** More than a page. */
const TITLES = Array.from({ length: 12 }, (_, n) => `title ${n}`);

describe("the history of a bucket", () => {
  it("has all changes, over several pages, and shows whether it is complete", async () => {
    const { bucket, collection } = await createCollection();
    const records = await createRecords(collection, TITLES);
    await collection.deleteRecord(records[0]?.id ?? "");

    const filters = { resource_name: "record", collection_id: "articles" };
    const { data } = await bucket.listHistory({ pages: Number.POSITIVE_INFINITY, sort: "last_modified", filters });
    expect(data.map(({ action }) => action)).toEqual([...TITLES.map(() => "create"), "delete"]);
    expect(await collection.isHistoryComplete()).toBe(true);
    expect(await bucket.collection("none").isHistoryComplete()).toBe(false);
  });
});

describe("a snapshot of a collection", () => {
  it("has the records at a time", async () => {
    const { collection } = await createCollection();
    const records = await createRecords(collection, TITLES);
    const at = records.at(-1)?.last_modified ?? 0;
    await collection.updateRecord({ id: records[3]?.id ?? "", title: "changed" });
    await collection.deleteRecords();
    await createRecords(collection, ["late"]);

    const snapshot = await collection.getSnapshot(at);
    expect(getTitles(snapshot)).toEqual(TITLES.toReversed());
    expect((await collection.listRecords({ at })).data).toEqual(snapshot.data);
    expect(getTitles(await collection.getSnapshot(records[1]?.last_modified ?? 0))).toEqual(["title 1", "title 0"]);
  });
});
