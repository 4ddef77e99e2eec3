import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { findGrants } from "../../../../adapters/store/dynamodb/grants.ts";
import { grantKey } from "../../../../adapters/store/dynamodb/items.ts";
import { writeAll } from "../../../../adapters/store/dynamodb/operations.ts";
import type { GrantQuery } from "../../../../core/ports/store.ts";
import { BUCKETS, listRef, objectRef, RESOURCES } from "../../../../core/resources.ts";
import { openTable } from "./open-table.ts";

const [COLLECTIONS, GROUPS] = [RESOURCES.core.collection, RESOURCES.core.group].map((resource) =>
  listRef(resource, objectRef(BUCKETS, "b")),
) as [typeof BUCKETS, typeof BUCKETS];
const ids = (count: number, prefix = "r") =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(3, "0")}`);

let table: Awaited<ReturnType<typeof openTable>>;
const grant = (principal: string, list: typeof BUCKETS, names: readonly string[]) =>
  writeAll(
    table.send,
    "kintoun",
    names.map((id) => ({ PutRequest: { Item: { ...grantKey(principal, objectRef(list, id)), of: { S: "g" } } } })),
  );
beforeAll(async () => {
  table = await openTable();
  for (const principal of ["p", "q"]) await grant(principal, COLLECTIONS, ids(200));
  await grant("few", COLLECTIONS, ["r005", "s"]);
  await grant("few", GROUPS, ["r005"]);
});
afterAll(() => table[Symbol.asyncDispose]());

/** The ids of a page, and the limits of the calls that it took. */
const find = async (principals: readonly string[], query: Partial<GrantQuery> & { readonly limit: number }) => {
  const { result, calls } = await table.record(() =>
    table.store.findGrants(principals, { list: COLLECTIONS, ...query }),
  );
  return { ids: result.grants.map(({ id }) => id), next: result.next, limits: calls.map(({ input }) => input.Limit) };
};
const newest = (from: number, count: number) => ids(from).toReversed().slice(0, count);

describe("findGrants", () => {
  it.each<[string, Parameters<typeof find>, Awaited<ReturnType<typeof find>>]>([
    ["nothing", [["none"], { limit: 3 }], { ids: [], next: undefined, limits: [50] }],
    ["nothing for no principals", [[], { limit: 3 }], { ids: [], next: undefined, limits: [] }],
    ["a page of one list", [["few"], { limit: 3 }], { ids: ["s", "r005"], next: undefined, limits: [50] }],
    ["a part of a page", [["p"], { limit: 3 }], { ids: newest(200, 3), next: `${COLLECTIONS.uri}#r197`, limits: [50] }],
    ["a full page", [["p"], { limit: 100 }], { ids: newest(200, 100), next: `${COLLECTIONS.uri}#r100`, limits: [101] }],
    [
      "the last page",
      [["p"], { limit: 50, after: `${COLLECTIONS.uri}#r003` }],
      { ids: newest(3, 3), next: undefined, limits: [51] },
    ],
    [
      "each object once",
      [["p", "q"], { limit: 100 }],
      { ids: newest(200, 100), next: `${COLLECTIONS.uri}#r100`, limits: [51, 51, 51, 51] },
    ],
    [
      "fewer objects than fit, if each has many principals",
      [["p", "q"], { limit: 15 }],
      { ids: newest(200, 15), next: `${COLLECTIONS.uri}#r185`, limits: [50, 50] },
    ],
  ])("finds %s", async (_, args, expected) => {
    expect(await find(...args)).toEqual(expected);
  });

  it("reads further items only of principals that may come next", async () => {
    const found = await find(["p", "few"], { limit: 120 });

    expect(found).toEqual({ ids: ["s", ...newest(200, 119)], next: `${COLLECTIONS.uri}#r081`, limits: [61, 61, 61] });
  });

  it("ends a page that has read too many items, after which the next one continues", async () => {
    const principals = Array.from({ length: 12 }, (_, n) => `many${n}`);
    for (const principal of principals) await grant(principal, COLLECTIONS, ids(60, "m"));
    const page = await find(principals, { limit: 60 });
    const rest = await find(principals, { limit: 60, after: page.next });

    expect([page.ids.length < 60, page.limits.length]).toEqual([true, 12]);
    expect([...page.ids, ...rest.ids]).toEqual(ids(60, "m").toReversed());
  });

  it("finds objects of all lists", async () => {
    const { grants } = await table.store.findGrants(["few"], { limit: 10 });

    expect(grants).toEqual([
      { list: GROUPS.uri, id: "r005" },
      { list: COLLECTIONS.uri, id: "s" },
      { list: COLLECTIONS.uri, id: "r005" },
    ]);
  });

  it("refuses index items of another form", async () => {
    const send = async () => ({ Items: [{ pk: { S: "who#p" }, sk: { S: "/buckets#a#b" } }] });

    await expect(findGrants(send as never, "t", ["p"], { limit: 1 })).rejects.toThrow(
      new TypeError("The index item '/buckets#a#b' has an invalid key"),
    );
  });
});
