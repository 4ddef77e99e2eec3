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
