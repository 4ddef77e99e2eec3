import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ListRef, listRef, RESOURCES } from "../../../core/resources.ts";
import { inspectClock, repairClockStep } from "../../../core/store/repair-clock.ts";
import { createTransactionContext, transact } from "../../../core/store/transact.ts";
import { parseData, readsForWrite } from "../../../core/store/view.ts";
import { openObjects } from "../open-objects.ts";

const DAY_MS = 24 * 3600 * 1000;
const NOW = 1_800_000_000_000;

let objects: Awaited<ReturnType<typeof openObjects>>;
let counter = 0;
beforeAll(async () => {
  objects = await openObjects();
});
afterAll(() => objects[Symbol.asyncDispose]());

const at = (time: number) => createTransactionContext(objects.store, () => time);
const put = (
  list: ListRef,
  id: string,
  { time = NOW, text = "", lastModified = undefined as number | undefined } = {},
) => {
  const ref = objects.refOf(`${list.uri}/${id}`);
  return transact(at(time), { ...readsForWrite(ref), writes: [] }, ({ view }) =>
    view.put(ref, { data: { text }, acl: {}, changedBy: "u", lastModified }),
  );
};
const newList = async () => {
  const [bucket, collection] = [`/buckets/b${counter}`, `/buckets/b${counter++}/collections/c`].map(objects.refOf);
  for (const ref of [bucket, collection]) if (ref !== undefined) await put(ref.list, ref.id);
  return listRef(RESOURCES.core.record, collection ?? null);
};
/** The times of a list's entries relative to now, newest first. */
const timesOf = async (list: ListRef) => {
  const clock = (await objects.store.read({ objects: [], clocks: [list] })).clocks.get(list.uri);
  const query = { parentGeneration: clock?.parentGeneration ?? "", tombstones: true, limit: 100 };
  const { entries } = await objects.store.readPage(list, query);
  expect(entries.map((entry) => parseData(entry).last_modified)).toEqual(entries.map((entry) => entry.last_modified));
  return {
    list: (clock?.timestamp ?? 0) - NOW,
    entries: entries.map(({ id, last_modified }) => `${id} ${last_modified - NOW}`),
  };
};
const inspect = (list: ListRef, time = NOW) => inspectClock(at(time), list);
const step = (list: ListRef, nextTime = NOW, time = NOW) => repairClockStep(at(time), list, nextTime);

describe("the clock of a list", () => {
  it.each([
    [DAY_MS, false, 0],
    [DAY_MS + 1, true, 1],
  ])("that is %j ms ahead is reported", async (ahead, isAhead, entries) => {
    const list = await newList();
    await put(list, "a");
    await put(list, "b", { time: NOW + ahead });

    expect(await inspect(list)).toEqual({ timestamp: NOW + ahead, now: NOW, isAhead, entries });
    expect(await step(list, NOW)).toEqual(isAhead ? { changed: 1 } : { isDone: true });
  });

  it("is absent where there is no list", async () => {
    const none = listRef(RESOURCES.core.record, objects.refOf("/buckets/none/collections/c"));

    expect([await inspect(none), await step(none)]).toEqual([undefined, { isDone: true }]);
  });

  it("is set back after its entries, objects and tombstones, newest first", async () => {
    const list = await newList();
    await put(list, "present");
    for (const [index, id] of ["a", "b", "c"].entries()) await put(list, id, { time: NOW + 2 * DAY_MS + index });
    await put(list, "imported", { lastModified: NOW - 9 });
    const gone = objects.refOf(`${list.uri}/c`);
    await transact(at(NOW), { ...readsForWrite(gone), writes: [] }, ({ view }) => view.delete(gone, "u"));
    expect(await inspect(list)).toMatchObject({ isAhead: true, entries: 3 });

    expect(await step(list, NOW - 1)).toEqual({ changed: 3 });
    expect((await timesOf(list)).entries).toEqual(["present 1", "c -1", "b -2", "a -3", "imported -9"]);
    expect((await timesOf(list)).list).toBeGreaterThan(2 * DAY_MS);
    expect(await step(list, NOW, NOW + 50)).toEqual({ isDone: true });
    expect((await timesOf(list)).list).toBe(50);
    expect(await inspect(list)).toMatchObject({ isAhead: false, entries: 0 });
  });

  it("is set back to its newest entry, if that is later", async () => {
    const list = await newList();
    await put(list, "soon", { time: NOW + DAY_MS });
    await put(list, "ahead", { time: NOW + 2 * DAY_MS });
    await step(list);
    await step(list);

    expect(await timesOf(list)).toEqual({ list: DAY_MS, entries: [`soon ${DAY_MS}`, "ahead 0"] });
    const empty = await newList();
    await transact(at(NOW + 2 * DAY_MS), { objects: [], parents: [], clocks: [empty], writes: [] }, async (session) => {
      const collection = empty.parent;
      if (collection !== null) await session.read(readsForWrite(collection));
      session.view.ensureTimestamp(empty);
    });
    expect(await step(empty)).toEqual({ isDone: true });
  });

  it.each<[string, number, number, readonly number[]]>([
    ["20 entries", 22, 0, [20, 2]],
    ["1.5 MB", 5, 370_000, [4, 1]],
  ])("changes at most %s at once", async (_, count, chars, steps) => {
    const list = await newList();
    for (let n = 0; n < count; n++) await put(list, `r${n}`, { time: NOW + 2 * DAY_MS, text: "x".repeat(chars) });

    for (const changed of steps) expect(await step(list, NOW)).toEqual({ changed });
    expect(await step(list, NOW)).toEqual({ isDone: true });
  });
});
