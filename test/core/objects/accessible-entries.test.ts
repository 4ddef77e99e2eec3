import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { walkList } from "../../../core/objects/list-objects.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const GUEST = "basicauth:guest";
/** Finds 10 of the guest's parts. */
const SECOND = "basicauth:second";
const READER = "basicauth:reader";
const LIST = "/buckets/a/collections/c/records";
const uriOf = (id: string) => `${LIST}/${id}`;

/** Principals of which 2000 fill a part of the shared objects. Repeated ones are quick to store. */
const repeat = (user: string, times: number) => Array.from({ length: times }, () => user);
/** The records that are shared with the guest, in the parts in which they are found. */
const PARTS = [
  ["r13"],
  ["r12", "r11"],
  ...["10", "09", "08", "07", "06", "05", "04", "03", "02", "01"].map((n) => [`r${n}`]),
];

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases();
  await store.put("/buckets/a");
  for (const id of ["c", "d"]) await store.put(`/buckets/a/collections/${id}`);
  await store.put(uriOf("one"), { acl: { read: [READER] } });
  for (const part of PARTS.toReversed())
    for (const id of part.toReversed()) {
      const acl = { read: repeat(GUEST, 2000 / part.length), ...(id <= "r10" && { write: [SECOND] }) };
      await store.put(uriOf(id), { acl });
    }
  await store.put("/buckets/a/collections/d/records/r12", { acl: { read: [GUEST] } });
});
afterAll(() => store[Symbol.asyncDispose]());

describe("objects that are shared with a user", () => {
  it("are listed part by part, each in pages", async () => {
    expect(await store.as(GUEST).listIds(LIST)).toEqual(PARTS);
    expect(await store.as(GUEST).listIds(LIST, "_limit=1")).toEqual(PARTS.flat().map((id) => [id]));
    expect(await store.as(GUEST).listIds(LIST, "_sort=id&_limit=1&max_id=r12")).toEqual([
      [],
      ...["r11", "r12", ...PARTS.slice(2).flat()].map((id) => [id]),
    ]);
  });

  it("are counted in up to 10 parts", async () => {
    expect(await store.as(SECOND).count(LIST)).toBe(10);
    expect(await store.as(SECOND).count(LIST, "max_id=r09")).toBe(9);
    expect(await store.as(GUEST).count(LIST)).toBeUndefined();
  });

  it("are walked through in all parts", async () => {
    const ids: unknown[] = [];
    const objects: AsyncIterable<JsonObject> = walkList(store.context, store.run, {
      ...{ list: store.listOf(LIST), user: GUEST, query: {} },
    });
    for await (const { id } of objects) ids.push(id);

    expect(ids).toEqual(PARTS.flat());
  });

  it("may be in a part that has none", async () => {
    const after = { shares: { position: `${LIST}#a` } };

    expect(await store.as(GUEST).list(LIST, "", { after })).toMatchObject({ entries: [], next: undefined });
    expect(await failureOf(store.as(GUEST).deleteAll(LIST))).toEqual({ accepted: [] });
    expect(await failureOf(store.as(GUEST).create(LIST, { data: { id: "r13" } }))).toHaveProperty("accepted");
  });

  it("give no access to others", async () => {
    expect(await store.as(READER).listIds(LIST)).toEqual([["one"]]);
    expect(await failureOf(store.as(READER).deleteAll(LIST))).toMatchObject({ kind: "FORBIDDEN" });
    expect(await failureOf(store.as(READER).listIds("/buckets/a/collections/d/records"))).toMatchObject({
      kind: "FORBIDDEN",
    });
  });
});
