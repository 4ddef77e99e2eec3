import { describe, expect, it } from "@jest/globals";
import type { Item } from "../../adapters/store/dynamodb/items.ts";
import type { Operations, Send } from "../../adapters/store/dynamodb/operations.ts";
import type { StoredObject } from "../../core/ports/store.ts";
import { BUCKETS, createResources, listRef, type ObjectRef } from "../../core/resources.ts";
import { createTransactionContext, transact } from "../../core/store/transact.ts";
import { readsForWrite } from "../../core/store/view.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import fc from "../fast-check.ts";
import { withConflicts } from "../faults/conflicts.ts";
import { createLostResponses } from "../faults/lost-responses.ts";
import { openTestStore } from "../open-test-store.ts";

const NO_PRINCIPALS = { create: [], read: [], write: [] };
/** Records have children only for some of the writers, as if the plugin was added and removed. */
const VARIANTS = [
  createResources(),
  createResources([{ name: "comment", about: "", plural: "comments", parent: "record", principals: NO_PRINCIPALS }]),
];
const ADDRESSES = [
  "/buckets/a",
  "/buckets/b",
  "/buckets/a/collections/c",
  "/buckets/a/groups/g",
  "/buckets/a/collections/c/records/r",
];

const step = fc.record({
  kind: fc.constantFrom("put", "put", "put", "permissions", "import", "delete", "purge", "flush"),
  uri: fc.constantFrom(...ADDRESSES),
  variant: fc.constantFrom(...VARIANTS),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const ALICE = "basicauth:alice";

/** Reads all items of the table. */
const scan = async (send: Send): Promise<Item[]> => {
  const items: Item[] = [];
  let startKey: Item | undefined;
  do {
    const output = (await (send as unknown as (name: string, input: object) => Promise<Operations["Query"][1]>)(
      "Scan",
      {
        TableName: "kintoun",
        ConsistentRead: true,
        ...(startKey && { ExclusiveStartKey: startKey }),
      },
    )) as Operations["Query"][1];
    items.push(...(output.Items ?? []));
    startKey = output.LastEvaluatedKey;
  } while (startKey !== undefined);
  return items;
};

describe("parent items", () => {
  it("equal the items in lists after any history, with failures and conflicts", async () => {
    const engine = await startDynamoDb(undefined);
    const lost = createLostResponses(0.15);
    let direct: Send | undefined;
    const opened = await openTestStore({
      client: engine.client,
      wrap: (send) => {
        direct = send;
        return lost.wrap(withConflicts(0.1)(send));
      },
      stop: () => engine.stop(),
    });
    const { store } = opened;
    const ended: { readonly uri: string; readonly generation: string }[] = [];
    const context = createTransactionContext(store);

    const run = async ({ kind, uri, variant }: Step): Promise<void> => {
      const ref = variant.parseUri(uri) as ObjectRef;
      if (kind === "flush") return void (await store.flush([BUCKETS], () => false));
      if (kind === "purge") {
        const own = ended.filter((one) => one.uri === uri);
        for (const resource of ref.list.resource.children)
          for (const { generation } of own) await store.purge(listRef(resource, ref), generation, () => false);
        return;
      }
      let deleted: StoredObject | undefined;
      await transact(context, { ...readsForWrite(ref), writes: [ref.list] }, ({ view }) => {
        if (view.parentGeneration(ref.list) === undefined) return;
        const existing = view.object(ref);
        if (kind === "delete") {
          if (existing === undefined) return;
          view.delete(ref, ALICE);
          deleted = existing;
          return;
        }
        view.put(ref, {
          data: kind === "import" ? { imported: true } : { n: Math.random() },
          acl: kind === "permissions" ? { read: ["system.Everyone"], write: [ALICE] } : { write: [ALICE] },
          changedBy: ALICE,
          ...(kind === "import" && { lastModified: 1000 + Math.floor(Math.random() * 1000) }),
        });
      });
      if (deleted?.ownGeneration !== undefined) ended.push({ uri, generation: deleted.ownGeneration });
    };

    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 8 }),
          async (history) => {
            // The steps of a part run at the same time.
            for (const part of history) await Promise.allSettled(part.map(run));
            await lost.settled();

            const items = await scan(direct as Send);
            const copies = items.filter(({ pk }) => pk?.S?.startsWith("parent#"));
            const originals = items
              .filter(({ own }) => own !== undefined)
              .filter(({ pk }) => pk?.S?.startsWith("/"))
              .map(({ pk, sk, at: _, seq: __, kind: ___, via: ____, ...attributes }) => ({
                pk: { S: `parent#${pk?.S}/${sk?.S}` },
                sk: { S: "#" },
                ...attributes,
              }));
            const sorted = (all: readonly Item[]) =>
              all.toSorted((a, b) => ((a.pk?.S ?? "") < (b.pk?.S ?? "") ? -1 : 1));
            expect(sorted(copies)).toEqual(sorted(originals));
          },
        ),
        { numRuns: 40 },
      );
    } finally {
      await opened[Symbol.asyncDispose]();
    }
  }, 120_000);
});
