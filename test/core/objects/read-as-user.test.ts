import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Refusal } from "../../../core/errors.ts";
import type { ObjectRead, ReadHooks } from "../../../core/hooks.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const LIST = "/buckets/a/collections/c/records";
const URI = `${LIST}/r`;

/** Hides the field `secret` of records, refuses those with `hidden`, and fails for those with `broken`. */
const createHooks = (reads: (ObjectRead & { isMember: boolean })[]): ReadHooks => ({
  concern: ({ resource }) => resource.name === "record",
  read: async (_, read, hasPrincipal) => {
    reads.push({ ...read, isMember: await hasPrincipal("/buckets/a/groups/g") });
    if (read.data.hidden === true) throw new Refusal("FORBIDDEN", { message: "hidden" });
    if (read.data.broken === true) throw new Refusal("BACKEND", { message: "broken" });
    if (read.data.failing === true) throw new TypeError("fails");
    if (!("secret" in read.data)) return undefined;
    const { secret: _hidden, ...visible } = read.data;
    return visible;
  },
});

let reads: (ObjectRead & { isMember: boolean })[] = [];
let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases({
    readHooks: { ...createHooks([]), read: (...read) => createHooks(reads).read(...read) },
    settings: { explicitPermissions: false },
  });
  await store.put("/buckets/a", { acl: { write: [OWNER], read: ["basicauth:reader"] } });
  await store.put("/buckets/a/groups/g", { data: { members: [OWNER] } });
  await store.put("/buckets/a/collections/c", { data: { secret: 1 } });
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  await store.put(URI, { data: { a: 1, secret: 2 }, acl: { write: [OWNER] } });
  await store.put(`${LIST}/plain`, { data: { a: 2 } });
  await store.put(`${LIST}/refused`, { data: { a: 3, hidden: true, secret: 3 }, acl: { write: [OWNER] } });
  reads = [];
});

const own = (data: JsonObject) => {
  const { last_modified: _, ...fields } = data;
  return fields;
};

const storedJson = async (uri: string): Promise<string> => {
  const ref = store.refOf(uri);
  const view = await store
    .newSession()
    .read({ objects: [ref, store.refOf("/buckets/a"), store.refOf("/buckets/a/collections/c")], clocks: [] });
  return view.object(ref)?.json ?? "{}";
};

describe("read hooks", () => {
  it("see the object and its user", async () => {
    await store.as(OWNER).get(URI);
    await store.as("basicauth:reader").get(URI);

    expect(reads).toMatchObject([
      {
        ...{ action: "read", user_id: OWNER, bucket_id: "a", collection_id: "c", record_id: "r", isMember: true },
        data: { a: 1, secret: 2 },
      },
      { user_id: "basicauth:reader", isMember: false },
    ]);
  });

  it("change what a user reads, and run only for lists that concern them", async () => {
    expect(await store.as(OWNER).get(URI)).toMatchObject({ data: { a: 1 }, permissions: { write: [OWNER] } });
    expect(((await store.as(OWNER).get(URI)) as { data: JsonObject }).data).not.toHaveProperty("secret");
    expect(await store.as(OWNER).get(`${LIST}/plain`)).toMatchObject({ data: { a: 2 } });
    expect(await store.as(OWNER).get("/buckets/a/collections/c")).toMatchObject({ data: { secret: 1 } });
  });

  it("refuse or fail a read", async () => {
    await store.put(`${LIST}/broken`, { data: { broken: true } });

    expect(await failureOf(store.as(OWNER).get(`${LIST}/refused`))).toMatchObject({
      kind: "FORBIDDEN",
      message: "hidden",
    });
    expect(await failureOf(store.as(OWNER).get(`${LIST}/broken`))).toMatchObject({ kind: "BACKEND" });
    expect(await failureOf(store.as(OWNER).list(LIST))).toMatchObject({ kind: "BACKEND" });
    await store.put(`${LIST}/broken`, { data: { failing: true } });
    await expect(store.as(OWNER).list(LIST)).rejects.toThrow(new TypeError("fails"));
    await store.remove(`${LIST}/broken`);
  });

  it("run before filters, orders and counts, and leave out what they refuse", async () => {
    const { entries } = await store.as(OWNER).list(LIST);

    expect(entries.map(own)).toEqual([
      { id: "plain", a: 2 },
      { id: "r", a: 1 },
    ]);
    expect(await store.as(OWNER).listIds(LIST, "secret=2")).toEqual([[]]);
    expect(await store.as(OWNER).listIds(LIST, "_sort=a&_limit=1")).toEqual([["r"], ["plain"]]);
    expect(await store.as(OWNER).listIds(LIST, "_limit=1")).toEqual([["plain"], ["r"]]);
    expect(await store.as(OWNER).count(LIST)).toBe(2);
    expect(await store.as(OWNER).count(LIST, "has_secret=true")).toBe(0);
  });

  it("run for each object of a long list", async () => {
    const long = "/buckets/a/collections/long/records";
    const ids = Array.from({ length: 205 }, (_, index) => `n${String(index).padStart(3, "0")}`);
    await store.put("/buckets/a/collections/long");
    await store.putAll(
      ids.map((id) => `${long}/${id}`),
      { data: { secret: 1 } },
    );

    expect((await store.as(OWNER).listIds(long, "_sort=id")).flat()).toEqual(ids);
    expect((await store.as(OWNER).listIds(long, "has_secret=true")).flat()).toEqual([]);
    expect(await store.as(OWNER).count(long, "has_secret=false")).toBe(205);
  });

  it("do not run for tombstones", async () => {
    const before = Number(((await store.as(OWNER).list(LIST, "_limit=1")).entries[0] as JsonObject).last_modified);
    await store.remove(`${LIST}/plain`);
    reads = [];

    const { entries } = await store.as(OWNER).list(LIST, `_since=${before}`);
    expect(entries).toMatchObject([{ id: "plain", deleted: true }]);
    expect(reads.map(({ record_id }) => record_id)).not.toContain("plain");
  });

  it("change what writes return", async () => {
    const written = await store.as(OWNER).replace(URI, { data: { b: 1, secret: 5 } });
    const created = await store.as(OWNER).create(LIST, { data: { id: "n", b: 2, secret: 5 } });
    const existing = await store.as(OWNER).create(LIST, { data: { id: "n", b: 3 } });
    const patched = await store.as(OWNER).patch(URI, { kind: "fields", data: { b: 4 } });

    expect([written, created, existing, patched].map(({ data }) => own(data))).toEqual([
      { id: "r", b: 1 },
      { id: "n", b: 2 },
      { id: "n", b: 2 },
      { id: "r", b: 4 },
    ]);
    expect(JSON.parse(await storedJson(URI))).toMatchObject({ b: 4, secret: 5 });
    await store.remove(`${LIST}/n`);
  });

  it("leave only the id and timestamp of a written object that they refuse", async () => {
    const permissions = { write: [OWNER] };
    const refused = { data: { id: "refused", last_modified: expect.any(Number) }, permissions: {} };

    expect(await store.as(OWNER).replace(`${LIST}/refused`, { data: { hidden: true }, permissions })).toEqual({
      ...refused,
      created: false,
    });
    expect(await store.as(OWNER).patch(`${LIST}/refused`, { kind: "fields", data: { a: 5 } })).toEqual(refused);
    expect(await failureOf(store.as(OWNER).create(LIST, { data: { id: "refused" } }))).toMatchObject({
      kind: "FORBIDDEN",
      message: "hidden",
    });
  });

  it("change what a failed precondition shows", async () => {
    const preconditions = { ifMatch: [1] };
    for (const attempt of [
      store.as(OWNER).replace(URI, { data: {} }, { preconditions }),
      store.as(OWNER).patch(URI, { kind: "fields", data: {} }, { preconditions }),
      store.as(OWNER).delete(URI, { preconditions }),
      store.as(OWNER).create(LIST, { data: { id: "r" } }, { preconditions }),
    ].map(failureOf)) {
      const failure = await attempt;
      expect(failure).toMatchObject({ kind: "MODIFIED_MEANWHILE", details: { existing: { id: "r", a: 1 } } });
      expect(failure).not.toHaveProperty("details.existing.secret");
    }
    expect(await failureOf(store.as(OWNER).delete(`${LIST}/refused`, { preconditions }))).not.toHaveProperty("details");
  });

  it("decide which objects a DELETE on a list selects", async () => {
    expect(await store.as(OWNER).deleteAll(LIST, "has_secret=true")).toEqual([]);
    expect(await store.as(OWNER).deleteAll(LIST, "a=1")).toEqual(["r"]);
    expect(await store.as(OWNER).deleteAll(LIST, "a=3")).toEqual([]);
    const between = () => store.put(`${LIST}/plain`, { data: { a: 2, hidden: true } });
    expect(await store.as(OWNER).deleteAll(LIST, "a=2", { between })).toEqual([]);
  });
});
