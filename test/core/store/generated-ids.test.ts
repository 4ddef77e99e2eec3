import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createIdGenerators } from "../../../core/store/generated-ids.ts";
import { openUseCases } from "../objects/open-use-cases.ts";

describe("createIdGenerators", () => {
  it("gives each attempt the same ids by kind", () => {
    let count = 0;
    const generate = () => `id ${++count}`;
    const createNextId = createIdGenerators();
    const attempt = (...kinds: readonly string[]) => {
      const nextId = createNextId();
      return kinds.map((kind) => nextId(kind, generate));
    };

    expect(attempt("a", "b", "a")).toEqual(["id 1", "id 2", "id 3"]);
    expect(attempt("a", "a", "b")).toEqual(["id 1", "id 3", "id 2"]);
    expect(attempt("b", "c", "a", "a", "a")).toEqual(["id 2", "id 4", "id 1", "id 3", "id 5"]);
  });
});

/** Their index items do not fit into one transaction of the table and are written before. */
describe("objects with hundreds of principals or members", () => {
  const OWNER = "basicauth:owner";
  const names = Array.from({ length: 300 }, (_, index) => `basicauth:u${index}`);
  let store: Awaited<ReturnType<typeof openUseCases>>;
  beforeAll(async () => {
    store = await openUseCases();
    await store.put("/buckets/a", { acl: { write: [OWNER] } });
    await store.put("/buckets/a/collections/c");
  });
  afterAll(() => store[Symbol.asyncDispose]());

  it("are created under a generated id", async () => {
    const created = await store.as(OWNER).create("/buckets/a/collections/c/records", { permissions: { read: names } });
    const group = await store.as(OWNER).create("/buckets/a/groups", { data: { members: names } });

    expect(created).toMatchObject({ created: true, permissions: { read: names } });
    expect(await store.as("basicauth:u7").get(`/buckets/a/collections/c/records/${created.data.id}`)).toMatchObject({
      data: { id: created.data.id },
    });
    expect(group).toMatchObject({ created: true, data: { members: names } });
  });

  it("are created together with their bucket", async () => {
    const [bucket, group] = [store.refOf("/buckets/new"), store.refOf("/buckets/new/groups/g")];
    const plan = { objects: [bucket, group], clocks: [bucket.list, group.list], writes: [bucket.list, group.list] };
    await store.run(plan, async ({ view }) => {
      view.put(bucket, { data: {}, acl: { read: [group.uri] }, changedBy: OWNER });
      view.put(group, { data: { members: names }, acl: {}, changedBy: OWNER });
    });

    expect(await store.as("basicauth:u7").get("/buckets/new")).toMatchObject({ data: { id: "new" } });
  });
});
