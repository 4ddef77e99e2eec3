import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { repairClockStep } from "../../../core/store/repair-clock.ts";
import { createTransactionContext, transact } from "../../../core/store/transact.ts";
import { readsForWrite } from "../../../core/store/view.ts";
import { BUSY, LIST, openContention } from "./open-contention.ts";

let objects: Awaited<ReturnType<typeof openContention>>;
beforeAll(async () => {
  objects = await openContention();
});
afterAll(() => objects[Symbol.asyncDispose]());

describe("a transaction that conflicts with others", () => {
  it.each(["conflict", "moved", "stale"] as const)("gives up after 15 attempts that end as %s", async (kind) => {
    const { context, counts, timer } = objects.contextWith([kind], { repeated: true, random: () => 0 });

    await expect(objects.putRecord(context, "r")).rejects.toMatchObject({
      ...BUSY,
      cause: { message: `Too many concurrent writes to ${LIST}: gave up after 15 attempts in 0 ms` },
    });
    expect([counts.commits, timer.pauses]).toEqual([15, Array.from({ length: 14 }, () => 0)]);
  });

  it("gives up when the next attempt would begin 4 s after the first conflict", async () => {
    const { context, counts, timer } = objects.contextWith(["conflict"], {
      repeated: true,
      random: () => 0.9,
      attemptMs: 500,
    });

    await expect(objects.putRecord(context, "r")).rejects.toMatchObject(BUSY);
    expect(counts.commits).toBe(7);
    expect(timer.now()).toBeLessThanOrEqual(500 + 4000 + 500);
  });

  it("waits at random, up to 20 ms after the first conflict and up to 800 ms after later ones", async () => {
    const almostAll = () => 1 - Number.EPSILON;
    const { context, timer } = objects.contextWith(["conflict"], { repeated: true, random: almostAll });

    await expect(objects.putRecord(context, "r")).rejects.toMatchObject(BUSY);
    expect(timer.pauses.map(Math.round)).toEqual([20, 40, 80, 160, 320, 640, 800, 800, 800]);
    expect(timer.now()).toBeLessThanOrEqual(4000);
  });

  it("is committed when an attempt succeeds in time, however long it took to decide first", async () => {
    const { context, counts, timer } = objects.contextWith(["conflict", "stale", "moved"]);
    let decisions = 0;
    await objects.putRecord(context, "late", () => {
      if (++decisions === 1) timer.advance(20_000);
    });

    expect([counts.commits, decisions]).toEqual([4, 4]);
  });

  it("reads again only when something that it has read was changed", async () => {
    const conflict = objects.contextWith(["conflict", "conflict"]);
    await objects.putRecord(conflict.context, "kept");
    expect([conflict.counts.commits, conflict.counts.reads]).toEqual([3, 1]);

    const stale = objects.contextWith(["stale", "conflict"]);
    await objects.putRecord(stale.context, "read-again");
    expect([stale.counts.commits, stale.counts.reads]).toEqual([3, 2]);
  });

  it("gives up after 15 preparations of its index items", async () => {
    const { context, counts } = objects.contextWith(["unprepared"], { repeated: true, random: () => 0 });

    await expect(objects.putRecord(context, "r")).rejects.toMatchObject(BUSY);
    expect([counts.commits, counts.preparations]).toEqual([16, 15]);
  });

  it("counts the attempts of all rounds of preparation together", async () => {
    const rounds = Array.from({ length: 20 }, () => ["unprepared", "stale"] as const).flat();
    const { context, counts } = objects.contextWith(rounds, { random: () => 0 });

    await expect(objects.putRecord(context, "r")).rejects.toMatchObject(BUSY);
    expect([counts.commits, counts.preparations]).toEqual([30, 15]);
  });

  it("is bounded also when it sets the timestamp of a list back", async () => {
    const { context, counts } = objects.contextWith(["stale"], { repeated: true, random: () => 0 });
    const { list } = objects.refOf(`${LIST}/ahead`);
    await transact(
      createTransactionContext(objects.store),
      { ...readsForWrite(objects.refOf(`${LIST}/ahead`)), writes: [] },
      ({ view }) =>
        view.put(objects.refOf(`${LIST}/ahead`), {
          data: {},
          acl: {},
          changedBy: "test",
          lastModified: Date.now() + 9e8,
        }),
    );

    await expect(repairClockStep(context, list, Date.now())).rejects.toMatchObject(BUSY);
    expect(counts.commits).toBe(15);
  });
});
