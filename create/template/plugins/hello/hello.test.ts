import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestStore } from "kintoun/testing";
import { hello } from "./index.ts";

describe("hello", () => {
  it("greets users", async (test) => {
    const store = await startTestStore({ plugins: [hello()] });
    test.after(() => store.close());

    assert.deepEqual((await store.get("/hello/ada")).body, { hello: "ada" });
  });

  it("logs new records", async (test) => {
    const store = await startTestStore({ plugins: [hello()] });
    test.after(() => store.close());
    await store.put("/buckets/blog", {}, { as: "ada" });
    await store.put("/buckets/blog/collections/posts", {}, { as: "ada" });

    await store.put("/buckets/blog/collections/posts/records/first", { data: { title: "First" } }, { as: "ada" });
    await store.drain();

    assert.match(store.logLines.join("\n"), /A record was created/);
  });
});
