import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const WRITER = "basicauth:writer";
const READER = "basicauth:reader";
const LIST = "/buckets/a/collections/c/records";
const uriOf = (id: string) => `${LIST}/${id}`;
const DAY_MS = 24 * 3600 * 1000;

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  await store.put("/buckets/a", { acl: { write: [OWNER], read: [READER] } });
  await store.put("/buckets/a/collections/c");
  for (const [n, id] of ["r1", "r2", "r3", "r4"].entries())
    await store.put(uriOf(id), { data: { n }, acl: n % 2 === 0 ? { write: [WRITER] } : { read: [WRITER] } });
});

const ids = async () => (await store.as(OWNER).listIds(LIST)).flat().toSorted();
const timeOf = async (uri: string) => {
  const result = await store.as(OWNER).get(uri);
  if (!("data" in result)) throw new Error("The object is not modified");
  return Number(result.data.last_modified);
};

describe("deleteObject", () => {
  it("leaves a tombstone", async () => {
    const before = await timeOf(uriOf("r1"));
    const tombstone = await store.as(WRITER).delete(uriOf("r1"));

    expect(tombstone).toEqual({ id: "r1", last_modified: expect.any(Number), deleted: true });
    expect(tombstone.last_modified).toBeGreaterThan(before);
    expect(await ids()).toEqual(["r2", "r3", "r4"]);
    const { entries } = await store.as(OWNER).list(LIST, `_since=${before}`);
    expect(entries[0]).toEqual(tombstone);
  });

  it.each([
    [WRITER, uriOf("r2"), "FORBIDDEN"],
    [READER, uriOf("r1"), "FORBIDDEN"],
    [null, uriOf("r1"), "MISSING_AUTH_TOKEN"],
    [OWNER, uriOf("missing"), "INVALID_RESOURCE_ID"],
    [READER, uriOf("missing"), "INVALID_RESOURCE_ID"],
    [WRITER, uriOf("missing"), "FORBIDDEN"],
    [OWNER, "/buckets/a/collections/none/records/r", "MISSING_RESOURCE"],
    [OWNER, "/buckets/none", "FORBIDDEN"],
  ])("refuses %j to delete %s: %s", async (user, uri, kind) => {
    expect(await failureOf(store.as(user).delete(uri))).toMatchObject({ kind });
  });

  it("shows that a bucket is missing to those who may delete buckets, not to those who read them", async () => {
    const open = await openUseCases({ settings: { bucketWritePrincipals: [WRITER], bucketReadPrincipals: [READER] } });

    expect(await failureOf(open.as(WRITER).delete("/buckets/none"))).toMatchObject({ kind: "INVALID_RESOURCE_ID" });
    expect(await failureOf(open.as(READER).delete("/buckets/none"))).toMatchObject({ kind: "FORBIDDEN" });
    await open[Symbol.asyncDispose]();
  });

  it("checks preconditions on the object", async () => {
    const time = await timeOf(uriOf("r1"));
    const remove = (preconditions: object) => failureOf(store.as(OWNER).delete(uriOf("r1"), { preconditions }));

    expect(await remove({ ifMatch: [time - 1] })).toMatchObject({ kind: "MODIFIED_MEANWHILE", timestamp: time });
    expect(await remove({ ifMatch: [time] })).toMatchObject({ accepted: { deleted: true } });
  });

  it.each([
    [() => Number.NaN, false],
    [(time: number) => time, false],
    [(time: number) => time - 5, false],
    [(time: number) => time + 5000, true],
  ])("takes the writer's time when it is later than the object's: %s", async (choose, isTaken) => {
    const before = await timeOf(uriOf("r1"));
    const time = choose(before);
    const { last_modified } = await store.as(OWNER).delete(uriOf("r1"), { time });

    expect(last_modified).toBeGreaterThan(before);
    expect(last_modified === time).toBe(isTaken);
  });

  it("refuses a time that is far in the future", async () => {
    expect(await failureOf(store.as(OWNER).delete(uriOf("r1"), { time: Date.now() + DAY_MS + 60_000 }))).toMatchObject({
      details: [{ location: "querystring", name: "last_modified" }],
    });
  });

  it("ends all that is below", async () => {
    await store.as(OWNER).delete("/buckets/a/collections/c");
    await store.put("/buckets/a/collections/c");

    expect(await ids()).toEqual([]);
  });
});

describe("a DELETE on a list", () => {
  it.each([
    [OWNER, "", ["r1", "r2", "r3", "r4"]],
    [OWNER, "min_n=1&max_n=2", ["r2", "r3"]],
    [OWNER, "_limit=1", ["r4"]],
    [OWNER, "_sort=n&_limit=1", ["r1"]],
    [OWNER, "n=99", []],
    [WRITER, "", ["r1", "r3"]],
    [WRITER, "n=0", ["r1"]],
  ])("by %s with %j deletes %j", async (user, query, deleted) => {
    const before = await ids();
    const removed = await store.as(user).deleteAll(LIST, query);

    expect(removed.toSorted()).toEqual(deleted);
    expect(await ids()).toEqual(before.filter((id) => !deleted.includes(id)));
  });

  it.each([
    [READER, LIST, "FORBIDDEN"],
    [null, LIST, "MISSING_AUTH_TOKEN"],
    [OWNER, "/buckets/a/collections/none/records", "MISSING_RESOURCE"],
    [OWNER, "/buckets/none/collections", "FORBIDDEN"],
  ])("refuses %j to delete %s: %s", async (user, uri, kind) => {
    expect(await failureOf(store.as(user).deleteAll(uri))).toMatchObject({ kind });
  });

  it("checks the list's timestamp before it selects and again before it deletes", async () => {
    const { timestamp } = await store.as(OWNER).list(LIST);
    const remove = (ifMatch: number, between?: () => Promise<unknown>) =>
      failureOf(
        store.as(OWNER).deleteAll(LIST, "", { preconditions: { ifMatch: [ifMatch] }, ...(between && { between }) }),
      );

    expect(await remove(timestamp - 1)).toMatchObject({ kind: "MODIFIED_MEANWHILE", timestamp });
    expect(await remove(timestamp, () => store.put(uriOf("r5")))).toMatchObject({ kind: "MODIFIED_MEANWHILE" });
    const preconditions = { ifNoneMatch: "*" } as const;
    expect(await failureOf(store.as(OWNER).deleteAll(LIST, "", { preconditions }))).toMatchObject({
      kind: "MODIFIED_MEANWHILE",
    });
    const { timestamp: latest } = await store.as(OWNER).list(LIST);
    expect(await remove(latest)).toMatchObject({ accepted: expect.arrayContaining(["r5"]) });
  });

  it("skips what was changed after it was selected", async () => {
    const between = async () => {
      await store.put(uriOf("r1"), { data: { n: 50 }, acl: { write: [WRITER] } });
      await store.put(uriOf("r3"), { data: { n: 2 }, acl: {} });
      await store.remove(uriOf("r2"));
    };

    expect(await store.as(WRITER).deleteAll(LIST, "max_n=3", { between })).toEqual([]);
    expect(await ids()).toEqual(["r1", "r3", "r4"]);
    expect(await store.as(OWNER).deleteAll(LIST, "max_n=3", { between: () => store.remove(uriOf("r4")) })).toEqual([
      "r3",
    ]);
  });

  it("deletes all groups also if one of them grants the permission", async () => {
    await store.put("/buckets/a/groups/g", { data: { members: [READER] }, acl: { write: ["/buckets/a/groups/g"] } });
    await store.put("/buckets/a/groups/h", { acl: { write: ["/buckets/a/groups/g"] } });

    expect((await store.as(READER).deleteAll("/buckets/a/groups")).toSorted()).toEqual(["g", "h"]);
  });

  it("deletes all that is shared, page by page, although the parts of what is shared move up", async () => {
    const shared = "/buckets/a/collections/shared/records";
    await store.put("/buckets/a/collections/shared");
    // Parts are in the descending order of ids, pages of a part begin with the newest: the last part is the newest.
    const expected = Array.from({ length: 25 }, (_, n) => `s${String(n).padStart(2, "0")}`);
    for (const id of expected.toReversed()) await store.put(`${shared}/${id}`, { acl: { write: [WRITER] } });

    const writer = store.as(WRITER, 1);
    expect((await writer.deleteAll(shared, "_limit=5", { allPages: true })).toSorted()).toEqual(expected);
    expect((await store.as(OWNER).listIds(shared)).flat()).toEqual([]);
  });
});
