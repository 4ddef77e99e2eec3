import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ChangeCursor, ListChange } from "../../core/ports/store.ts";
import {
  BUCKETS,
  type Generation,
  type ListRef,
  listRef,
  type ObjectRef,
  objectRef,
  RESOURCES,
} from "../../core/resources.ts";
import { createTransactionContext, transact } from "../../core/store/transact.ts";
import { parentsOf, readsForWrite, type View } from "../../core/store/view.ts";
import fc from "../fast-check.ts";
import type { OpenedStore } from "./store.ts";

const ALICE = "basicauth:alice";
const { collection: COLLECTION, record: RECORD } = RESOURCES.core;
/** A time before all changes, in ms. */
const PAST_MS = 1_000_000_000_000;

/** What a follower knows of a list. */
interface Copy {
  readonly generation: Generation;
  /** The list's timestamp up to which it has followed. */
  readonly position: number;
  readonly objects: ReadonlyMap<string, string>;
}

const EMPTY: Copy = { generation: "none", position: 0, objects: new Map() };

const id = fc.constantFrom("a", "a-1", "a_2", "b", "B", "c");
const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("put" as const), id, bytes: fc.constant(10) }) },
  fc.record({ kind: fc.constant("put" as const), id, bytes: fc.constantFrom(150_000, 390_000) }),
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("import" as const), id, ago: fc.integer({ min: 0, max: 1000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), id, past: fc.boolean() }) },
);
const transaction = fc.array(change, { minLength: 1, maxLength: 4 });
type Transaction = typeof transaction extends fc.Arbitrary<infer T> ? T : never;
const step = fc.oneof(
  { weight: 8, arbitrary: transaction },
  fc.constant("create again" as const),
  fc.constant("set back" as const),
);

/** The contract of {@link Store.readChanges}. @param open opens a store on an empty table */
export const changesContract = (name: string, open: (now: () => number) => Promise<OpenedStore>) =>
  describe(`changes of lists on ${name}`, () => {
    let now = 1_700_000_000_000;
    let opened: OpenedStore;
    beforeAll(async () => {
      opened = await open(() => now);
    });
    afterAll(() => opened[Symbol.asyncDispose]());

    let counter = 0;
    const context = () => createTransactionContext(opened.store, () => now++);
    const change = (refs: readonly ObjectRef[], act: (view: View) => void) =>
      transact(
        context(),
        {
          objects: refs,
          parents: refs.flatMap((ref) => parentsOf(ref.list)),
          clocks: refs.flatMap((ref) => readsForWrite(ref).clocks),
          writes: refs.map(({ list }) => list),
        },
        async ({ view }) => act(view),
      );
    const put = (ref: ObjectRef, text = "", lastModified?: number) =>
      change([ref], (view) => void view.put(ref, { data: { text }, acl: {}, changedBy: ALICE, lastModified }));

    const newList = async (): Promise<ListRef> => {
      const bucket = objectRef(BUCKETS, `changes${counter++}`);
      await put(bucket);
      const collection = objectRef(listRef(COLLECTION, bucket), "c");
      await put(collection);
      return listRef(RECORD, collection);
    };

    const run = (list: ListRef, changes: Transaction) =>
      change(
        changes.map((one) => objectRef(list, one.id)),
        (view) => {
          for (const one of changes) {
            const ref = objectRef(list, one.id);
            if (one.kind === "delete") {
              if (view.object(ref) !== undefined) view.delete(ref, ALICE, one.past ? PAST_MS + counter++ : undefined);
            } else
              view.put(ref, {
                data: { n: counter++, text: "x".repeat(one.kind === "put" ? one.bytes : 10) },
                acl: {},
                changedBy: ALICE,
                ...(one.kind === "import" && { lastModified: now - one.ago }),
              });
          }
        },
      );

    /** Ends the list's generation and starts another. */
    const createAgain = async ({ parent }: ListRef) => {
      if (parent === null) return;
      await change([parent], (view) => void view.delete(parent, ALICE));
      await put(parent);
    };

    /** Lets the list's timestamp run ahead and sets it back, as the repair does: never before a timestamp that was not ahead. */
    const setBack = async (list: ListRef) => {
      const ref = objectRef(list, "a");
      const { timestamp = 0 } = (await readClock(list)) ?? {};
      await put(ref, "ahead", now + 5000);
      await change([ref], (view) => view.setLastModified(ref, now));
      await change([ref], (view) => view.setBack(list, Math.max(now, timestamp) + 1));
    };

    const readClock = async (list: ListRef) => {
      const { clocks } = await opened.store.read({ objects: [], clocks: [list] });
      return clocks.get(list.uri);
    };

    /** Follows the list from a copy to its present state. */
    const follow = async (list: ListRef, copy: Copy, limit: number): Promise<Copy> => {
      const clock = await readClock(list);
      if (clock === undefined) throw new Error(`The list ${list.uri} has no clock`);
      const { parentGeneration, timestamp } = clock;
      const start = copy.generation === parentGeneration && timestamp >= copy.position ? copy : EMPTY;
      const objects = new Map(start.objects);
      let after: ChangeCursor | undefined = { revision: start.position };
      for (let pages = 0; after !== undefined; pages++) {
        const { changes, next } = await opened.store.readChanges(list, { parentGeneration, after, limit });
        for (const { id, json, deleted } of changes) {
          if (deleted) objects.delete(id);
          else objects.set(id, json);
        }
        after = next;
        if (pages > 1000) throw new Error("There is no end of pages");
      }
      return { generation: parentGeneration, position: timestamp, objects };
    };

    /** Reads the whole list by ids. */
    const readList = async (list: ListRef): Promise<Copy> => {
      const { parentGeneration = "none", timestamp = 0 } = (await readClock(list)) ?? {};
      const { objects } = await opened.store.walk(list, { parentGeneration, limit: 1000 });
      return {
        generation: parentGeneration,
        position: timestamp,
        objects: new Map(objects.map(([id, { json }]) => [id, json])),
      };
    };
    const sorted = ({ objects }: Copy) => [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1));

    it(
      "lead from the list at any timestamp to the present list",
      () =>
        fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 10 }), fc.integer({ min: 1, max: 5 }), async (steps, limit) => {
            const list = await newList();
            const copies: Copy[] = [EMPTY];
            for (const one of steps) {
              if (one === "create again") await createAgain(list);
              else if (one === "set back") await setBack(list);
              else await run(list, one);
              copies.push(await readList(list));
            }
            const present = sorted(await readList(list));
            for (const copy of copies) expect(sorted(await follow(list, copy, limit))).toEqual(present);
          }),
          { numRuns: 25 },
        ),
      120_000,
    );

    it("lead to the present list also while it changes", async () => {
      const list = await newList();
      const transactions = fc.sample(transaction, 60);
      let isWriting = true;
      const following = [1, 2, 50].map(async (limit) => {
        let copy = EMPTY;
        while (isWriting) copy = await follow(list, copy, limit);
        return follow(list, copy, limit);
      });
      await Promise.all(
        [0, 1, 2].map(async (writer) => {
          for (const one of transactions.filter((_, index) => index % 3 === writer)) await run(list, one);
        }),
      );
      isWriting = false;

      const present = sorted(await readList(list));
      for (const copy of await Promise.all(following)) expect(sorted(copy)).toEqual(present);
    }, 60_000);

    it("come in the order of revisions, with imported objects and tombstones", async () => {
      const list = await newList();
      const refs = ["a", "b", "c", "d"].map((id) => objectRef(list, id)) as [
        ObjectRef,
        ObjectRef,
        ObjectRef,
        ObjectRef,
      ];
      const [a, b, c, d] = refs;
      await put(a);
      await put(b, "", PAST_MS);
      await put(c);
      await put(d, "", PAST_MS + 1);
      await change([a], (view) => void view.delete(a, ALICE));
      await change([d], (view) => void view.delete(d, ALICE, PAST_MS + 2));

      const { parentGeneration } = (await readClock(list)) as { parentGeneration: Generation };
      const read = async (limit: number) => {
        const found: ListChange[] = [];
        let after: ChangeCursor | undefined = { revision: 0 };
        while (after !== undefined) {
          const page = await opened.store.readChanges(list, { parentGeneration, after, limit });
          expect(page.changes.length).toBeLessThanOrEqual(limit);
          found.push(...page.changes);
          after = page.next;
        }
        return found;
      };
      const all = await read(10);

      expect(all.map(({ id, deleted }) => `${id}${deleted ? " deleted" : ""}`)).toEqual([
        "b",
        "c",
        "a deleted",
        "d deleted",
      ]);
      expect(all.map(({ revision }) => revision)).toEqual(all.map(({ revision }) => revision).toSorted());
      expect(all[0]).toMatchObject({ id: "b", last_modified: PAST_MS, json: expect.stringContaining('"b"') });
      for (const limit of [1, 2, 3]) expect(await read(limit)).toEqual(all);
    });

    it("have pages of limited size", async () => {
      const list = await newList();
      for (let n = 0; n < 10; n++)
        await put(objectRef(list, `r${n}`), "x".repeat(380_000), n % 2 === 0 ? PAST_MS + n : undefined);
      const { parentGeneration } = (await readClock(list)) as { parentGeneration: Generation };
      const query = { parentGeneration, limit: 100 };
      const first = await opened.store.readChanges(list, { ...query, after: { revision: 0 } });

      expect(first.changes.reduce((sum, { json }) => sum + json.length, 0)).toBeLessThan(3_000_000);
      expect(first.next).toBeDefined();
      const second = await opened.store.readChanges(list, { ...query, after: first.next as ChangeCursor });
      expect([...first.changes, ...second.changes].map(({ id }) => id)).toEqual(
        Array.from({ length: 10 }, (_, n) => `r${n}`),
      );
      expect(second.next).toBeUndefined();
    });
  });
