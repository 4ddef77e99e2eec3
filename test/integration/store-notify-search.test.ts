import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

describe("store, notify and search", () => {
  let store: TestStore;

  beforeAll(async () => {
    store = await startStore({
      plugins: [basicauth(), search(), email({ from: "desk@example.org", recipients: ["watcher@example.org"] })],
    });
    await store.put("/buckets/example");
    await store.put("/buckets/example/collections/notes");
  });
  afterAll(() => store.close());

  it("mails a subscriber when a record is created, with the user who created it", async () => {
    await store.post("/buckets/example/collections/notes/records", { data: { note: "kinto" } });
    await store.drain();

    expect(store.mails).toHaveLength(1);
    expect(store.mails[0]).toMatchObject({
      subject: "record created",
      from: "desk@example.org",
      to: ["watcher@example.org"],
    });
    expect(store.mails[0]?.raw).toContain(`User id: ${(await store.userId("alice")).slice(0, 40)}`);
  });

  it("finds a record by a word, finds its update, and no longer finds it after its deletion", async () => {
    const path = "/buckets/example/collections/notes";
    await store.put(`${path}/records/moon`, { data: { note: "A moonlit night over the cloud sea" } });
    await store.drain();
    const found = await store.post(`${path}/search`, { query: { match: { note: "moonlit" } } });
    expect(found.status).toBe(200);
    expect(found.body.hits.total.value).toBe(1);
    expect(found.body.hits.hits[0]).toMatchObject({
      _index: "example-notes",
      _id: "moon",
      _source: { note: "A moonlit night over the cloud sea" },
    });

    await store.patch(`${path}/records/moon`, { data: { note: "A sunny day" } });
    await store.drain();
    expect((await store.post(`${path}/search`, { query: { match: { note: "moonlit" } } })).body.hits.total.value).toBe(
      0,
    );
    expect((await store.post(`${path}/search`, { query: { match: { note: "sunny" } } })).body.hits.total.value).toBe(1);

    await store.delete(`${path}/records/moon`);
    await store.drain();
    expect((await store.post(`${path}/search`, { query: { match: { note: "sunny" } } })).body.hits.total.value).toBe(0);
  });
});
