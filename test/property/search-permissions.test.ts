import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { openNaiveCollections } from "../contracts/open-search.ts";
import fc from "../fast-check.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { RANDOM_METADATA, randomBodies, randomRecords } from "./search-bodies.ts";

const BUCKET = "/buckets/b";
const TIMEOUT_MS = 300_000;

let store: TestStore;
let bob: string;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), search()] });
  bob = await store.userId("bob");
  await store.put(BUCKET);
  await store.put(`${BUCKET}/groups/readers`, { data: { members: [bob] } });
}, TIMEOUT_MS);
afterAll(() => store.close());

/** Who may read a record: bob, a group of bob, everyone, or others. */
type Reader = "bob" | "group" | "everyone" | "others";
const readersOf = (reader: Reader): string[] => {
  if (reader === "others") return ["basicauth:another"];
  return [reader === "bob" ? bob : reader === "group" ? `${BUCKET}/groups/readers` : "system.Everyone"];
};

/** Hits as the reference has them: ids and sort values. */
const simplifyHits = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(simplifyHits);
  if (!isObject(value)) return value;
  const id = value._id ?? (Object.hasOwn(value, "index") ? value.id : undefined);
  if (id !== undefined) return { id, sort: value.sort ?? [] };
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, simplifyHits(one)]));
};

let collections = 0;

const fillCollection = async (records: Readonly<Record<string, JsonObject>>, readers: readonly Reader[]) => {
  const path = `${BUCKET}/collections/c${collections++}`;
  await store.put(path, { data: RANDOM_METADATA });
  const readable: Record<string, JsonObject> = {};
  for (const [n, [id, data]] of Object.entries(records).entries()) {
    const reader = readers[n % readers.length] as Reader;
    const { body } = await store.put(`${path}/records/${id}`, { data, permissions: { read: readersOf(reader) } });
    if (reader !== "others") readable[id] = body.data;
  }
  return { path, readable };
};

/** Changes, deletes and adds what bob may not read. */
const changeOthers = async (path: string, hidden: readonly string[], data: JsonObject): Promise<void> => {
  for (const [n, id] of hidden.entries()) {
    if (n % 2 === 0) await store.put(`${path}/records/${id}`, { data });
    else await store.delete(`${path}/records/${id}`);
  }
  for (const id of ["aa", "zz"]) await store.put(`${path}/records/${id}`, { data });
};

describe("random searches by a user who may read some records", () => {
  it(
    "find what the reference finds among these, and do not depend on the others",
    async () => {
      const naive = await openNaiveCollections();
      await fc.assert(
        fc.asyncProperty(
          randomRecords,
          fc.array(fc.constantFrom<Reader>("bob", "group", "everyone", "others"), { minLength: 1, maxLength: 4 }),
          fc.array(randomBodies, { minLength: 6, maxLength: 6 }),
          async (records, readers, bodies) => {
            fc.pre(readers.slice(0, Object.keys(records).length).some((reader) => reader !== "others"));
            const { path, readable } = await fillCollection(records, readers);
            const reference = await naive.fill(readable, RANDOM_METADATA);
            const answer = async (body: Json): Promise<Json> => {
              const { status, body: found } = await store.post(`${path}/search`, body as JsonObject, { as: "bob" });
              if (status === 400) return "refused";
              expect(status).toBe(200);
              const { hits, aggregations = {} } = found;
              return simplifyHits({ total: hits.total.value, hits: hits.hits, aggregations });
            };
            const before: Json[] = [];
            for (const body of bodies) {
              const found = await answer(body);
              const wanted = await reference.search(body).then(
                ({ total, hits, aggregations }) =>
                  simplifyHits({ total, hits: [...hits] as unknown as Json[], aggregations: { ...aggregations } }),
                () => "refused",
              );
              expect({ body, found }).toEqual({ body, found: wanted });
              before.push(found);
            }

            const hidden = Object.keys(records).filter((id) => !Object.hasOwn(readable, id));
            await changeOthers(path, hidden, Object.values(records)[0] as JsonObject);
            for (const [n, body] of bodies.entries())
              expect({ body, found: await answer(body) }).toEqual({ body, found: before[n] });
          },
        ),
        { numRuns: 6, endOnFailure: true },
      );
    },
    TIMEOUT_MS,
  );
});
