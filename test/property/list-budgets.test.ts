/** @slow */

import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openUseCases } from "../core/objects/open-use-cases.ts";
import fc from "../fast-check.ts";

const OWNER = "basicauth:owner";
const GUEST = "basicauth:guest";
const COUNT = 45;
const idOf = (n: number) => `r${String(n).padStart(2, "0")}`;

let store: Awaited<ReturnType<typeof openUseCases>>;
let times: readonly number[];
let made = 0;

/** Creates a collection with records of different sizes, tombstones and imported times. The guest may write a half. */
const createList = async (count: number): Promise<string> => {
  const collection = `/buckets/a/collections/c${made++}`;
  await store.put(collection, { acl: { write: [OWNER] } });
  for (const n of Array.from({ length: count }, (_, index) => index))
    await store.put(`${collection}/records/${idOf(n)}`, {
      data: { n, third: n % 3, text: "é".repeat((n * n * 37) % 3000), ...(n % 4 === 0 && { tag: `t${n % 5}` }) },
      acl: n % 2 === 0 ? { write: [GUEST] } : {},
    });
  for (const n of [3, 8, 20].filter((n) => n < count)) await store.remove(`${collection}/records/${idOf(n)}`);
  return `${collection}/records`;
};

beforeAll(async () => {
  store = await openUseCases();
  await store.put("/buckets/a");
});
afterAll(() => store[Symbol.asyncDispose]());

const filters = fc.array(
  fc.oneof(
    fc.nat(2).map((third) => `third=${third}`),
    fc.nat(COUNT).map((n) => `min_n=${n}`),
    fc.nat(COUNT).map((n) => `n=${n}`),
    fc.constantFrom("has_tag=true", "has_tag=false", "like_text=é", "exclude_third=1", "in_n=1,2,3,30", "none=1"),
  ),
  { maxLength: 2 },
);
const bounds = fc.array(
  fc.oneof(
    fc.nat(COUNT - 1).map((n) => (): string => `_since=${times[n % times.length]}`),
    fc.nat(COUNT - 1).map((n) => (): string => `_before=${times[n % times.length]}`),
  ),
  { maxLength: 2 },
);
const limit = fc.option(
  fc.integer({ min: 1, max: 50 }).map((n) => `_limit=${n}`),
  { nil: undefined },
);
const readBytes = fc.oneof(fc.integer({ min: 1, max: 400_000 }), fc.constantFrom(1, 4096, 4097, 50_000));
const users = fc.constantFrom(OWNER, GUEST);
const toQuery = (...parts: readonly (string | undefined)[]) => [...new Set(parts)].filter(Boolean).join("&");
/** A bound may be given once. */
const toBounds = (all: readonly (() => string)[]) => [
  ...new Map(all.map((bound) => [bound().split("=")[0], bound()])).values(),
];
const unique = (all: readonly string[]) => [...new Map(all.map((one) => [one.split("=")[0], one])).values()];

describe("lists of which a request may read only some bytes", () => {
  let list: string;
  beforeAll(async () => {
    list = await createList(COUNT);
    const { entries } = await store.as(OWNER).list(list, "_since=0");
    times = entries.map(({ last_modified }) => Number(last_modified)).toSorted((a, b) => a - b);
  });

  it("have the same entries in all pages together, in the same order", async () => {
    await fc.assert(
      fc.asyncProperty(filters, bounds, limit, readBytes, users, async (some, within, size, bytes, user) => {
        const query = toQuery(...unique(some), ...toBounds(within), size);
        const whole = (await store.as(user).listIds(list, query)).flat();
        const pages = await store.as(user, bytes).listIds(list, query);

        // Shared objects are ordered within parts.
        const inOrder = (ids: readonly string[]) => (user === OWNER ? ids : ids.toSorted());
        expect(inOrder(pages.flat())).toEqual(inOrder(whole));
      }),
      { numRuns: 30, interruptAfterTimeLimit: 60_000 },
    );
  }, 120_000);

  it("have the same number of objects, or none", async () => {
    await fc.assert(
      fc.asyncProperty(filters, bounds, readBytes, users, async (some, within, bytes, user) => {
        const query = toQuery(...unique(some), ...toBounds(within));
        const whole = await store.as(user).count(list, query);
        expect(whole).toBeDefined();
        expect([whole, undefined]).toContain(await store.as(user, bytes).count(list, query));
      }),
      { numRuns: 20, interruptAfterTimeLimit: 60_000 },
    );
  }, 120_000);

  it("are sorted, or refused", async () => {
    const sort = fc.constantFrom("_sort=n", "_sort=-third,text", "_sort=last_modified");
    await fc.assert(
      fc.asyncProperty(filters, bounds, sort, limit, readBytes, async (some, within, order, size, bytes) => {
        const query = toQuery(...unique(some), ...toBounds(within), order, size);
        const whole = await store.as(OWNER).listIds(list, query);
        const pages = await store
          .as(OWNER, bytes)
          .listIds(list, query)
          .catch((error: Error) => error.message);
        if (typeof pages === "string") expect(pages).toContain(`a request may read ${bytes / 1_000_000} MB`);
        else expect(pages).toEqual(whole);
      }),
      { numRuns: 30, interruptAfterTimeLimit: 60_000 },
    );
  }, 120_000);

  it("are deleted as a whole by all pages together", async () => {
    await fc.assert(
      fc.asyncProperty(
        filters,
        readBytes,
        users,
        fc.option(fc.integer({ min: 1, max: 9 })),
        async (some, bytes, user, size) => {
          const other = await createList(24);
          const query = unique(some).join("&");
          const all = (await store.as(OWNER).listIds(other)).flat();
          const selected = (await store.as(user).listIds(other, query)).flat();

          const deleted = await store
            .as(user, bytes)
            .deleteAll(other, toQuery(query, size === null ? "" : `_limit=${size}`), { allPages: true });
          expect(deleted.toSorted()).toEqual(selected.toSorted());
          const rest = (await store.as(OWNER).listIds(other)).flat();
          expect(rest).toEqual(all.filter((id) => !selected.includes(id)));
        },
      ),
      { numRuns: 12, interruptAfterTimeLimit: 60_000 },
    );
  }, 120_000);
});
