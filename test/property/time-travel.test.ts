import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { history } from "../../plugins/history/index.ts";
import fc from "../fast-check.ts";
import { startStore, type TestStore } from "../start-store.ts";

// TIME_TRAVEL_RUNS=100 tries more cases.
const RUNS = Number(process.env.TIME_TRAVEL_RUNS ?? 3);
const IDS = ["a", "b", "c", "d"] as const;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), id: fc.constantFrom(...IDS), n: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("patch" as const), id: fc.constantFrom(...IDS), n: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("share" as const), id: fc.constantFrom(...IDS) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("import" as const), id: fc.constantFrom(...IDS), n: fc.nat(3) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), id: fc.constantFrom(...IDS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("renew" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("describe" as const), n: fc.nat(3) }) },
);

interface Data {
  readonly id: string;
  readonly n?: number;
  readonly last_modified: number;
}
/** What was stored at a time. */
interface Truth {
  readonly time: number;
  /** The list's timestamp: an import with a time in the past is one after the change before it. */
  readonly listTime: number;
  readonly records: readonly Data[];
  readonly collection: Data | undefined;
}

describe("objects and lists at a time", () => {
  let store: TestStore;
  let bob: string;
  let counter = 0;
  beforeAll(async () => {
    store = await startStore({ plugins: [basicauth(), history()] });
    bob = await store.userId("bob");
    await store.put("/buckets/b");
  });
  afterAll(() => store.close());

  const apply = async (collection: string, one: typeof step extends fc.Arbitrary<infer Step> ? Step : never) => {
    const record = "id" in one ? `${collection}/records/${one.id}` : collection;
    switch (one.kind) {
      case "put":
        return store.put(record, { data: { n: one.n } });
      case "patch":
        return store.patch(record, { data: { m: one.n } });
      case "share":
        return store.patch(record, { permissions: { read: [bob] } });
      case "import":
        // Later than what is stored, and in the past of the list.
        return store.put(record, { data: { n: one.n, last_modified: 1_000_000_000_000 + one.n } });
      case "delete":
        return store.delete(record);
      case "clear":
        return store.delete(`${collection}/records`);
      case "describe":
        return store.patch(collection, { data: { n: one.n } });
      case "renew":
        await store.delete(collection);
        store.clock.advance(1000);
        return store.put(collection);
    }
  };
  const read = async (path: string, as?: string) => (await store.get(path, as === undefined ? {} : { as })).body.data;

  it("equal what was stored then, for random changes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 6, maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        async (steps, at) => {
          const collection = `/buckets/b/collections/c${counter++}`;
          const records = `${collection}/records`;
          const truths: Truth[] = [];
          let born = 0;
          const remember = async () => {
            const list = await store.get(records);
            const listTime =
              list.status === 200 ? Number(JSON.parse(list.headers.get("etag") ?? "")) : store.clock.now();
            // A list that was never used keeps its timestamp when its collection is created again. What is imported into it is
            // then older than the collection.
            if (listTime >= born)
              truths.push({
                time: store.clock.now(),
                listTime,
                records: list.body.data ?? [],
                collection: await read(collection),
              });
            store.clock.advance(1000);
          };
          await remember();
          await store.put(collection);
          for (const one of steps) {
            await remember();
            await apply(collection, one);
            if (one.kind === "renew") born = store.clock.now();
          }
          await remember();
          const readable = new Set(((await read(records, "bob")) ?? []).map(({ id }: Data) => id));

          for (const seed of [0, 0, 0].map(() => at.next().value ?? 0)) {
            const index = seed % truths.length;
            const truth = truths[index] as Truth;
            const next = truths.slice(index + 1).find(({ listTime }) => listTime > truth.listTime);
            const end = Math.min(next?.listTime ?? Number.POSITIVE_INFINITY, truth.time + 1000);
            const time = truth.listTime + (seed % (end - truth.listTime));
            const past = `${records}?_at=${time}`;
            const expected = truth.records;
            expect(await read(past)).toEqual(expected);
            expect(await read(`${past}&n=1&_sort=id`)).toEqual(
              expected.filter(({ n }) => n === 1).toSorted((x, y) => (x.id < y.id ? -1 : 1)),
            );
            expect(await read(past, "bob")).toEqual(
              readable.size === 0 ? undefined : expected.filter(({ id }) => readable.has(id)),
            );
            const head = await store.request(past, { method: "HEAD" });
            expect(head.headers.get("total-objects")).toBe(String(expected.length));
            const pages: Data[] = [];
            for (let next: string | null = `${past}&_limit=2`; next !== null; ) {
              const page = await store.get(next);
              pages.push(...page.body.data);
              next = page.headers.get("next-page");
            }
            expect(pages).toEqual(expected);
            const id = IDS[seed % IDS.length] as string;
            expect(await read(`${records}/${id}?_at=${time}`)).toEqual(expected.find((one) => one.id === id));
            expect(await read(`${collection}?_at=${truth.time + (seed % 1000)}`)).toEqual(truth.collection);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});
