/** @slow */

import { expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore } from "../start-store.ts";

it("a search of everything states that it would have to read too much, instead of leaving something out", async () => {
  await using store = await startStore({ plugins: [basicauth(), search()], settings: { maxListReadMegabytes: 1 } });
  const bob = await store.userId("bob");
  await store.put("/buckets/b");
  const text = "x".repeat(300_000);
  for (const collection of ["c", "d", "e", "f"]) {
    await store.put(`/buckets/b/collections/${collection}`);
    for (const id of ["one", "two"])
      await store.put(`/buckets/b/collections/${collection}/records/${id}`, {
        data: { text },
        permissions: { read: [bob] },
      });
  }

  for (const path of ["/search", "/buckets/b/search"]) {
    const { status, body } = await store.post(path, {}, { as: "bob" });
    expect([status, body.message]).toEqual([413, expect.stringContaining("Search one collection at a time")]);
  }
  const one = await store.post("/buckets/b/collections/c/search", { _source: false }, { as: "bob" });
  expect([one.status, one.body.hits.total.value]).toEqual([200, 2]);
});

it("a search of a collection with too many shared records finds some of them, and says so", async () => {
  await using store = await startStore({ plugins: [basicauth(), search()], settings: { maxListReadMegabytes: 2 } });
  const bob = await store.userId("bob");
  const path = "/buckets/b/collections/c";
  await store.put("/buckets/b");
  await store.put(path);
  for (let n = 0; n < 25; n++)
    await store.put(`${path}/records/r${n}`, {
      data: { text: "x".repeat(60_000) },
      permissions: { read: [bob] },
    });

  const { status, body } = await store.post(`${path}/search`, { size: 5, _source: false }, { as: "bob" });

  expect([status, body.hits.total.relation, body.hits.hits.length]).toEqual([200, "gte", 5]);
  expect(body.hits.total.value).toBeLessThan(25);
  expect((await store.post(`${path}/search`, { size: 5, _source: false })).body.hits.total).toEqual({
    value: 25,
    relation: "eq",
  });
});
