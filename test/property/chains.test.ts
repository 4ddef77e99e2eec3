import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, need } from "@kintoun/kit";
import fc from "../fast-check.ts";
import { startStore, type TestStore } from "../start-store.ts";

const B = "/buckets/b";
const COLLECTIONS = ["north", "east", "south", "west"] as const;
const CHANGES = ["record.create", "record.update", "record.delete"] as const;
const MAX_CAUSES = 8;

const NAMES = ["first", "twice", "loud", "many"] as const;
type Name = (typeof NAMES)[number];

/**
 * The listeners: `twice` shares a collection with `first`, `loud` also receives its own changes, and `many` receives
 * batches.
 */
const LISTENERS: Readonly<
  Record<Name, { readonly collections: readonly string[]; readonly echo: boolean; readonly size?: number }>
> = {
  first: { collections: ["north"], echo: false },
  twice: { collections: ["north", "east"], echo: false },
  loud: { collections: ["south"], echo: true },
  many: { collections: ["east", "west"], echo: false, size: 5 },
};

/**
 * What a listener does for each event: adds a record to a collection, changes a shared record, or deletes the event's
 * record.
 */
interface Act {
  readonly kind: "add" | "change" | "delete";
  readonly collection: string;
}
type Graph = Readonly<Record<Name, readonly Act[]>>;

const act = fc.record({
  kind: fc.constantFrom("add" as const, "change" as const, "delete" as const),
  collection: fc.constantFrom(...COLLECTIONS),
});
const one = fc.array(act, { maxLength: 1 });
/** One listener does two things, which multiplies the changes in each chain. */
const graph: fc.Arbitrary<Graph> = fc
  .record({
    acts: fc.record({ first: one, twice: one, loud: one, many: one }),
    more: act,
    busy: fc.constantFrom(...NAMES),
  })
  .map(({ acts, more, busy }) => ({ ...acts, [busy]: [...acts[busy], more] }));

interface Services {
  readonly receive: (name: Name, event: ChangeEvent) => Promise<void>;
}

describe("listeners that write for other listeners", () => {
  let actions: Graph;
  let written = 0;
  const events: ChangeEvent[] = [];
  const received = new Map<Name, ChangeEvent[]>();
  let store: TestStore;

  const plugin = definePlugin({
    name: "p",
    about: "Writes for others.",
    needs: () => ({ data: need.data({ write: [B] }) }),
    setup: ({ resources }) => ({
      receive: async (name: Name, event: ChangeEvent) => {
        received.get(name)?.push(event);
        for (const { kind, collection } of actions[name]) {
          const records = `${B}/collections/${collection}/records`;
          if (kind === "add") await resources.data.create(records, { data: {} });
          else if (kind === "change") await resources.data.replace(`${records}/all`, { data: { n: Math.random() } });
          else if (!(await resources.data.delete(event.uri))) continue;
          written++;
        }
      },
    }),
    listeners: {
      all: { on: [...CHANGES], run: (event) => void events.push(event) },
      ...Object.fromEntries(
        NAMES.map((name) => {
          const { collections, echo, size } = LISTENERS[name];
          const run = (event: ChangeEvent, { services }: { services: Services }) => services.receive(name, event);
          const runBatch = async (events: readonly ChangeEvent[], { services }: { services: Services }) => {
            for (const event of events) await services.receive(name, event);
          };
          return [
            name,
            {
              on: [...CHANGES],
              collections: () => collections,
              echo,
              retries: 0,
              run,
              ...(size && { batch: { size, run: runBatch } }),
            },
          ];
        }),
      ),
    },
  });

  beforeAll(async () => {
    store = await startStore({ plugins: [plugin()], retryAfter: () => 0, logLevel: "ERROR" });
    await store.put(B);
    for (const collection of COLLECTIONS) await store.put(`${B}/collections/${collection}`);
  }, 60_000);
  afterAll(() => store.close());

  it("stop after chains of eight, and receive all changes but their own", async () => {
    await fc.assert(
      fc.asyncProperty(
        graph,
        fc.uniqueArray(fc.constantFrom(...COLLECTIONS), { minLength: 1 }),
        async (graph, started) => {
          [actions, written] = [graph, 0];
          events.length = 0;
          for (const name of NAMES) received.set(name, []);

          for (const collection of started)
            expect((await store.post(`${B}/collections/${collection}/records`)).status).toBe(201);
          await store.drain();

          expect(events).toHaveLength(started.length + written);
          for (const { cause = [] } of events) expect(cause.length).toBeLessThanOrEqual(MAX_CAUSES);
          const ids = (all: readonly ChangeEvent[]) => [...new Set(all.map(({ id }) => id))].toSorted();
          for (const name of NAMES) {
            const { collections, echo } = LISTENERS[name];
            const expected = events.filter(
              ({ collection_id = "", cause }) =>
                collections.includes(collection_id) && (echo || cause?.at(-1) !== `p-${name}`),
            );
            expect([name, ids(received.get(name) ?? [])]).toEqual([name, ids(expected)]);
          }
        },
      ),
      { numRuns: 6 },
    );
  }, 300_000);
});
