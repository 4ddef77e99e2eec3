import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, need } from "@kintoun/kit";
import fc from "../fast-check.ts";
import { startStore, type TestStore } from "../start-store.ts";

const B = "/buckets/b";
const PLACES = ["north", "east", "south", "west"] as const;
const CHANGES = ["record.create", "record.update", "record.delete"] as const;
const DEEPEST = 8;

const NAMES = ["first", "twice", "loud", "many"] as const;
type Name = (typeof NAMES)[number];

/** Who listens where: `twice` hears what `first` hears too, `loud` also what it made itself, and `many` takes several at once. */
const LISTENERS: Readonly<
  Record<Name, { readonly hears: readonly string[]; readonly echo: boolean; readonly size?: number }>
> = {
  first: { hears: ["north"], echo: false },
  twice: { hears: ["north", "east"], echo: false },
  loud: { hears: ["south"], echo: true },
  many: { hears: ["east", "west"], echo: false, size: 5 },
};

/** What a listener does at each event: adds a record somewhere, changes the one that all change there, or deletes what it has heard of. */
interface Act {
  readonly kind: "add" | "change" | "delete";
  readonly place: string;
}
type Graph = Readonly<Record<Name, readonly Act[]>>;

const act = fc.record({
  kind: fc.constantFrom("add" as const, "change" as const, "delete" as const),
  place: fc.constantFrom(...PLACES),
});
const one = fc.array(act, { maxLength: 1 });
/** One of them does two things: as many changes as that makes in nine links are enough. */
const graph: fc.Arbitrary<Graph> = fc
  .record({
    acts: fc.record({ first: one, twice: one, loud: one, many: one }),
    more: act,
    busy: fc.constantFrom(...NAMES),
  })
  .map(({ acts, more, busy }) => ({ ...acts, [busy]: [...acts[busy], more] }));

interface Services {
  readonly hear: (name: Name, event: ChangeEvent) => Promise<void>;
}

describe("listeners that write for other listeners", () => {
  let acting: Graph;
  let written = 0;
  const told: ChangeEvent[] = [];
  const heard = new Map<Name, ChangeEvent[]>();
  let store: TestStore;

  const plugin = definePlugin({
    name: "p",
    about: "Writes for others.",
    needs: () => ({ data: need.data({ write: [B] }) }),
    setup: ({ resources }) => ({
      hear: async (name: Name, event: ChangeEvent) => {
        heard.get(name)?.push(event);
        for (const { kind, place } of acting[name]) {
          const records = `${B}/collections/${place}/records`;
          if (kind === "add") await resources.data.create(records, { data: {} });
          else if (kind === "change") await resources.data.replace(`${records}/all`, { data: { n: Math.random() } });
          else if (!(await resources.data.delete(event.uri))) continue;
          written++;
        }
      },
    }),
    listeners: {
      all: { on: [...CHANGES], run: (event) => void told.push(event) },
      ...Object.fromEntries(
        NAMES.map((name) => {
          const { hears, echo, size } = LISTENERS[name];
          const run = (event: ChangeEvent, { services }: { services: Services }) => services.hear(name, event);
          const several = async (events: readonly ChangeEvent[], { services }: { services: Services }) => {
            for (const event of events) await services.hear(name, event);
          };
          return [
            name,
            {
              on: [...CHANGES],
              collections: () => hears,
              echo,
              retries: 0,
              run,
              ...(size && { batch: { size, run: several } }),
            },
          ];
        }),
      ),
    },
  });

  beforeAll(async () => {
    store = await startStore({ plugins: [plugin()], retryAfter: () => 0, logLevel: "ERROR" });
    await store.put(B);
    for (const place of PLACES) await store.put(`${B}/collections/${place}`);
  }, 60_000);
  afterAll(() => store.close());

  it("stop after chains of eight, and receive all changes but their own", async () => {
    await fc.assert(
      fc.asyncProperty(graph, fc.uniqueArray(fc.constantFrom(...PLACES), { minLength: 1 }), async (graph, begun) => {
        [acting, written] = [graph, 0];
        told.length = 0;
        for (const name of NAMES) heard.set(name, []);

        for (const place of begun) expect((await store.post(`${B}/collections/${place}/records`)).status).toBe(201);
        await store.drain();

        expect(told).toHaveLength(begun.length + written);
        for (const { cause = [] } of told) expect(cause.length).toBeLessThanOrEqual(DEEPEST);
        const ids = (events: readonly ChangeEvent[]) => [...new Set(events.map(({ id }) => id))].toSorted();
        for (const name of NAMES) {
          const { hears, echo } = LISTENERS[name];
          const due = told.filter(
            ({ collection_id = "", cause }) => hears.includes(collection_id) && (echo || cause?.at(-1) !== `p-${name}`),
          );
          expect([name, ids(heard.get(name) ?? [])]).toEqual([name, ids(due)]);
        }
      }),
      { numRuns: 12 },
    );
  }, 300_000);
});
