import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Send } from "../../adapters/store/dynamodb/operations.ts";
import { Failure } from "../../core/errors.ts";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
const RECORDS = "/buckets/b/collections/c/records";
/** How many transactions succeed until the table is not available. */
let transactionsLeft = Number.POSITIVE_INFINITY;
const wrap =
  (send: Send): Send =>
  async (operation, input) => {
    if (operation === "TransactWriteItems" && transactionsLeft-- <= 0) throw new Failure("BACKEND");
    return send(operation, input);
  };

beforeAll(async () => {
  store = await startStore({ wrap });
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

  it("that fails after a part is deleted responds with the part, and Next-Page for the rest", async () => {
    const list = "/buckets/b/collections/many/records";
    await store.put("/buckets/b/collections/many");
    const ids = Array.from({ length: 45 }, (_, n) => `r${n}`);
    for (const part of [ids.slice(0, 25), ids.slice(25)]) {
      const requests = part.map((id) => ({ method: "PUT", path: `${list}/${id}` }));
      expect((await store.post("/batch", { requests })).status).toBe(200);
    }

    transactionsLeft = 0;
    expect((await store.delete(list)).status).toBe(503);
    transactionsLeft = 1;
    const first = await store.delete(`${list}?_sort=id`);
    transactionsLeft = Number.POSITIVE_INFINITY;
    const second = await store.delete(first.headers.get("next-page") ?? "");

    expect([first, second].map(({ status, body }) => [status, body.data.length])).toEqual([
      [200, 20],
      [200, 25],
    ]);
    const deleted = [...first.body.data, ...second.body.data].map(({ id }: { id: string }) => id);
    expect(deleted.toSorted()).toEqual(ids.toSorted());
    expect(second.headers.get("next-page")).toBeNull();
    expect((await store.get(list)).body.data).toEqual([]);
  });
});
