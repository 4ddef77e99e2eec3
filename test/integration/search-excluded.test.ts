import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const everything = { query: { match_all: {} } };

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), search({ buckets: ["blog*"], collections: ["posts"] })] });
  for (const bucket of ["blog", "private"]) {
    await store.put(`/buckets/${bucket}`);
    for (const collection of ["posts", "drafts"]) {
      await store.put(`/buckets/${bucket}/collections/${collection}`);
      await store.put(`/buckets/${bucket}/collections/${collection}/records/${bucket}-${collection}`);
    }
  }
});
afterAll(() => store.close());

describe("search with the options buckets and collections", () => {
  it.each([
    ["blog", "posts", 200],
    ["blog", "drafts", 404],
    ["private", "posts", 404],
  ])("of %s/%s answers %d", async (bucket, collection, status) => {
    const path = `/buckets/${bucket}/collections/${collection}/search`;
    const answer = await store.post(path, everything);

    expect(answer.status).toBe(status);
    expect((await store.get(`${path}?q=posts`)).status).toBe(status);
    if (status === 404) expect(answer.body.message).toContain("options buckets and collections of the plugin search");
  });

  it("hides the others from searches of several collections", async () => {
    const { body } = await store.post("/search", everything);

    expect(body.hits.hits.map(({ _id }: { _id: string }) => _id)).toEqual(["blog-posts"]);
  });

  it("is refused to strangers before they learn what is searched", async () => {
    const { status } = await store.post("/buckets/private/collections/posts/search", everything, { as: "eve" });

    expect(status).toBe(403);
  });
});
