/** @slow */

import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { FollowedLists } from "../../core/store/followed-lists.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { openUseCases } from "../core/objects/open-use-cases.ts";
import fc from "../fast-check.ts";

const OWNER = "basicauth:owner";

/** Reads the whole list for each query. */
class NoLists extends FollowedLists {
  override async use(): Promise<undefined> {
    return undefined;
  }
}

/** Keeps each list from its first query. */
class EagerLists extends FollowedLists {
  override isWanted(): boolean {
    return true;
  }
}

let store: Awaited<ReturnType<typeof openUseCases>>;
let made = 0;
beforeAll(async () => {
  store = await openUseCases();
  await store.put("/buckets/a");
});
afterAll(() => store[Symbol.asyncDispose]());

const scalars = fc.oneof(
  fc.constantFrom<Json>(null, true, false, 0, -1, 2, 2.5, 10n ** 20n, "", "a", "b", "B", "é", "\u{1F600}", "\uFFFD"),
  fc.integer({ min: -3, max: 3 }),
);
const values: fc.Arbitrary<Json> = fc.oneof(
  scalars,
  fc.array(scalars, { maxLength: 3 }),
  fc.constantFrom<Json>({ b: 1 }, { b: "a", c: [1] }, {}, "x".repeat(600)),
);
const records = fc.record({ a: values, b: values, "c.d": scalars, c: values }, { requiredKeys: [] });
const ids = fc.nat(11).map((n) => `r${n}`);
const changes = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("put" as const), id: ids, data: records, age: fc.option(fc.nat(5)) }),
    fc.record({ kind: fc.constant("delete" as const), id: ids }),
  ),
  { maxLength: 8 },
);

const fields = fc.constantFrom("a", "b", "c.d", "c", "c.b", "id", "last_modified", "missing");
const texts = fc.constantFrom("1", "a", "null", "true", '"2"', "[]", "[1]", '{"b":1}', "2.5", "*", "x");
const filters = fc.oneof(
  fc.tuple(fc.constantFrom("", "not_", "lt_", "min_", "max_", "gt_"), fc.constantFrom("a", "b", "c.d", "c"), texts),
  fc.tuple(fc.constantFrom("in_", "exclude_"), fc.constantFrom("a", "c.b"), fc.constant("1,a,null,2")),
  fc.tuple(fc.constantFrom("has_"), fc.constantFrom("a", "c", "c.d"), fc.constantFrom("true", "false")),
  fc.tuple(fc.constantFrom("like_"), fc.constantFrom("a", "b", "id"), fc.constantFrom("a", "r1", "*b*")),
  fc.tuple(fc.constantFrom("contains_", "contains_any_"), fc.constantFrom("a", "c"), fc.constantFrom("1", '["a",1]')),
);
const queries = fc
  .record({
    filters: fc.array(filters, { maxLength: 2 }),
    sorts: fc.array(fc.tuple(fc.constantFrom("", "-"), fields), { maxLength: 3 }),
    limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  })
  .map(({ filters: some, sorts, limit }) => {
    const params = new URLSearchParams([
      ...new Map(some.map(([comparison, field, text]) => [comparison + field, text])),
    ]);
    if (sorts.length > 0) params.set("_sort", sorts.map((sort) => sort.join("")).join());
    if (limit !== undefined) params.set("_limit", String(limit));
    return String(params);
  });

describe("lists that are kept in memory", () => {
  it("have the same pages and totals as lists that are read each time", async () => {
    const actual = store.as(OWNER, undefined, { followed: new EagerLists() });
    const expected = store.as(OWNER, undefined, { followed: new NoLists() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ changes, queries: fc.array(queries, { minLength: 1, maxLength: 4 }) }), { maxLength: 4 }),
        async (steps) => {
          const collection = `/buckets/a/collections/c${made++}`;
          await store.put(collection, { acl: { write: [OWNER] } });
          const list = `${collection}/records`;
          for (const step of steps) {
            for (const change of step.changes) await apply(list, change);
            for (const query of step.queries) {
              expect(await actual.listIds(list, query)).toEqual(await expected.listIds(list, query));
              expect((await actual.list(list, query)).entries).toEqual((await expected.list(list, query)).entries);
              expect(await actual.count(list, query)).toBe(await expected.count(list, query));
            }
          }
        },
      ),
      { numRuns: 30, interruptAfterTimeLimit: 60_000 },
    );
  }, 120_000);
});

const apply = async (
  list: string,
  change: { kind: "delete"; id: string } | { kind: "put"; id: string; data: JsonObject; age: number | null },
): Promise<void> => {
  const uri = `${list}/${change.id}`;
  if (change.kind === "delete") {
    await store
      .as(OWNER)
      .delete(uri)
      .catch(() => undefined);
    return;
  }
  const { data, age } = change;
  await store.as(OWNER).replace(uri, { data: { ...data, ...(age !== null && { last_modified: 1_000_000 + age }) } });
};
