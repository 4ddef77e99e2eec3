import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const GUEST = "basicauth:guest";
const uriOf = (id: string) => `/buckets/a/collections/c/records/${id}`;
const LIST = "/buckets/a/collections/c/records";

describe("a page of large objects", () => {
  const ids = Array.from({ length: 11 }, (_, index) => `x${String(index).padStart(2, "0")}`);
  let large: Awaited<ReturnType<typeof openUseCases>>;

  beforeAll(async () => {
    large = await openUseCases();
    await large.put("/buckets/a");
    await large.put("/buckets/a/collections/c", { acl: { write: [OWNER] } });
    for (const id of ids) await large.put(uriOf(id), { data: { text: "é".repeat(150_000) }, acl: { read: [GUEST] } });
  });
  afterAll(() => large[Symbol.asyncDispose]());

  it.each([
    ["_sort=id", OWNER],
    ["has_text=true", OWNER],
    ["", GUEST],
    ["_sort=id", GUEST],
    ["has_text=true", GUEST],
  ])("by %j for %s ends before 2.8 MB", async (query, user) => {
    const pages = await large.as(user).listIds(LIST, query);

    expect(pages.flat().toSorted()).toEqual(ids);
    // 9 objects of 300 KB fit.
    expect(pages.map(({ length }) => length)).toEqual([9, 2]);
  });
});
