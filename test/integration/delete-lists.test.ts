import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
const RECORDS = "/buckets/b/collections/c/records";
beforeAll(async () => {
  store = await startStore();
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  for (const id of ["a", "b", "c"]) await store.put(`${RECORDS}/${id}`, { data: { n: 1 } });
});
afterAll(() => store.close());

describe("a DELETE of a list", () => {
  it.each(
    ["_since", "_before", "_to", "_limit", "_token", "_sort"].flatMap((name) =>
      ["", "null", "%22%22", "%20"].map((value) => [name, value]),
    ),
  )("deletes nothing when a parameter has no value: %s=%s", async (name, value) => {
    for (const query of [`${name}=${value}`, `${name}=${value}&n=1`]) {
      const { status, body } = await store.delete(`${RECORDS}?${query}`);
      expect([status, body.errno, body.details[0].location, body.details[0].name]).toEqual([
        400,
        107,
        "querystring",
        name,
      ]);
      expect(body.message).toContain(name);
    }
    expect((await store.get(RECORDS)).body.data).toHaveLength(3);
  });

  it.each(["_limit=0", "_limit=00", "_limit=%220%22"])("deletes nothing without a limit: %s", async (query) => {
    expect((await store.delete(`${RECORDS}?${query}`)).body.details).toMatchObject([{ name: "_limit" }]);
    expect((await store.get(RECORDS)).body.data).toHaveLength(3);
  });

  it.each([
    ["_lmit=1", "_lmit", "Did you mean '_limit'?"],
    ["_befor=1", "_befor", "Did you mean '_before'?"],
    ["_before%20=null", "_before ", ""],
    ["_anything=1", "_anything", "There are: _since, _to, _before, _limit, _token, _sort, _fields."],
    ["_=1", "_", ""],
  ])("deletes nothing when a parameter is unknown: %s", async (query, name, advice) => {
    const { status, body } = await store.delete(`${RECORDS}?${query}`);
    expect([status, body.details[0].name]).toEqual([400, name]);
    expect(body.details[0].description).toContain(advice);
    expect((await store.get(RECORDS)).body.data).toHaveLength(3);
  });

  it("deletes nothing within a batch", async () => {
    const requests = ["_before=null", "_lmit=1", "_limit="].map((query) => ({
      method: "DELETE",
      path: `${RECORDS}?${query}`,
    }));
    const { body } = await store.post("/batch", { requests });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([400, 400, 400]);
    expect((await store.get(RECORDS)).body.data).toHaveLength(3);
  });

  it("deletes what is selected", async () => {
    const deleted = await store.delete(`${RECORDS}?_sort=id&_limit=1&_fields=id&_since=0`);
    expect(deleted.body.data).toMatchObject([{ id: "a", deleted: true }]);
    expect((await store.get(RECORDS)).body.data).toHaveLength(2);
  });
});
