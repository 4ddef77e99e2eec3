import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { history } from "../../../plugins/history/index.ts";
import { startStore, type TestResponse, type TestStore } from "../../start-store.ts";

const RECORDS = "/buckets/b/collections/c/records";
const COUNT = 24;

describe("a history that is larger than a request may read", () => {
  let store: TestStore;
  let before: number;
  beforeAll(async () => {
    store = await startStore({ plugins: [basicauth(), history()], settings: { maxListReadMegabytes: 1 } });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    const write = () =>
      store.post("/batch", {
        defaults: { method: "PUT" },
        requests: Array.from({ length: COUNT }, (_, n) => ({
          path: `${RECORDS}/r${n}`,
          body: {
            data: { text: randomBytes(30_000).toString("hex") },
            permissions: { read: ["system.Authenticated"] },
          },
        })),
      });
    await write();
    store.clock.advance(1000);
    before = store.clock.now() - 1;
    await write();
    await write();
    store.clock.advance(1000);
  });
  afterAll(() => store.close());

  it.each(["alice", "bob"])("comes in pages that may be empty: %s", async (as) => {
    const pages: TestResponse[] = [];
    for (let next: string | null = "/buckets/b/history?action=create&_fields=action"; next !== null; ) {
      const page = await store.get(next, { as });
      expect(page.status).toBe(200);
      pages.push(page);
      next = page.headers.get("next-page");
    }
    expect(pages.length).toBeGreaterThan(1);
    expect(pages[0]?.body.data).toEqual([]);
    expect(pages.flatMap(({ body }) => body.data)).toHaveLength(as === "alice" ? COUNT + 2 : COUNT);
  });

  it("is neither counted nor sorted by other fields", async () => {
    const counted = await store.request("/buckets/b/history", { method: "HEAD" });
    expect([counted.status, counted.headers.get("total-objects")]).toEqual([200, null]);
    const sorted = await store.get("/buckets/b/history?_sort=uri");
    expect([sorted.status, sorted.body.message]).toEqual([400, expect.stringContaining("too long for _sort")]);
  });

  it("shows single objects at a time, and a list only if not too much has changed", async () => {
    expect((await store.get(`${RECORDS}/r1?_at=${before}&_fields=id`)).status).toBe(200);
    const refused = await store.get(`${RECORDS}?_at=${before}`);
    expect([refused.status, refused.body.message]).toEqual([413, expect.stringContaining("a request may read 1 MB")]);
  });
});
