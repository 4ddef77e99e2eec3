import assert from "node:assert/strict";
import { it } from "node:test";
import { startTestStore } from "kintoun/testing";
import config from "../kintoun.config.ts";

// Without accounts, a test store accepts any user.
const plugins = config.plugins.filter(({ name }) => name !== "accounts");

it("keeps a record of a user, who finds it", async (test) => {
  const store = await startTestStore({ ...config, plugins });
  test.after(() => store.close());
  const posts = "/buckets/blog/collections/posts";
  await store.put("/buckets/blog", {}, { as: "ada" });
  await store.put(posts, {}, { as: "ada" });

  await store.put(`${posts}/records/first`, { data: { title: "A cloud over the sea" } }, { as: "ada" });
  const found = await store.post(`${posts}/search`, { query: { match: { title: "cloud" } } }, { as: "ada" });

  assert.equal(found.status, 200);
  assert.match(JSON.stringify(found.body), /A cloud over the sea/);
});
