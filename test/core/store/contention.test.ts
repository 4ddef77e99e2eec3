import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { CommitOutcome } from "../../../core/ports/store.ts";
import { repairClockStep } from "../../../core/store/repair-clock.ts";
import { createTransactionContext, type TransactionContext, transact } from "../../../core/store/transact.ts";
import { readsForWrite } from "../../../core/store/view.ts";
import { KeyedMutex } from "../../../lib/util/keyed-mutex.ts";
import { createManualTimer } from "../../manual-timer.ts";
import { openObjects } from "../open-objects.ts";

const LIST = "/buckets/a/collections/c/records";

let objects: Awaited<ReturnType<typeof openObjects>>;
beforeAll(async () => {
  objects = await openObjects();
  await objects.put("/buckets/a");
  await objects.put("/buckets/a/collections/c");
});
afterAll(() => objects[Symbol.asyncDispose]());

/** A context in which commits have the given outcomes, and succeed afterwards. @param repeated repeats the last one */
const contextWith = (
  outcomes: readonly CommitOutcome["kind"][],
  { repeated = false, random = (): number => 0.5, attemptMs = 0 } = {},
) => {
  const timer = createManualTimer(random);
  const remaining = [...outcomes];
  const counts = { commits: 0, preparations: 0, reads: 0 };
  const context: TransactionContext = {
    ...createTransactionContext({
      ...objects.store,
      read: (request) => {
        counts.reads++;
        return objects.store.read(request);
      },
      commit: async (commit, prepared) => {
        counts.commits++;
        timer.advance(attemptMs);
        const kind = repeated ? remaining[0] : remaining.shift();
        if (kind === "moved") return { kind, clocks: new Map() };
        return kind === undefined || kind === "done" ? objects.store.commit(commit, prepared) : { kind };
      },
      prepareIndex: async (_, prepared) => {
        counts.preparations++;
        return prepared ?? { id: "p", items: new Set<string>() };
      },
    }),
    timer,
  };
  return { context, timer, counts };
};

const put = (context: TransactionContext, id: string, decide: () => unknown = () => undefined) => {
  const ref = objects.refOf(`${LIST}/${id}`);
  return transact(context, { ...readsForWrite(ref), writes: [ref.list] }, async ({ view }) => {
    await decide();
    view.put(ref, { data: {}, acl: {}, changedBy: "test" });
  });
};

const BUSY = { kind: "BACKEND", message: expect.stringContaining(`Too many concurrent writes to ${LIST}.`) };

describe("a transaction that conflicts with others", () => {
  it.each(["conflict", "moved", "stale"] as const)("gives up after 15 attempts that end as %s", async (kind) => {
    const { context, counts, timer } = contextWith([kind], { repeated: true, random: () => 0 });

    await expect(put(context, "r")).rejects.toMatchObject({
      ...BUSY,
      cause: { message: `Too many concurrent writes to ${LIST}: gave up after 15 attempts in 0 ms` },
    });
    expect([counts.commits, timer.pauses]).toEqual([15, Array.from({ length: 14 }, () => 0)]);
  });

  it("gives up when the next attempt would begin 4 s after the first conflict", async () => {
    const { context, counts, timer } = contextWith(["conflict"], { repeated: true, random: () => 0.9, attemptMs: 500 });

    await expect(put(context, "r")).rejects.toMatchObject(BUSY);
    expect(counts.commits).toBe(7);
    expect(timer.now()).toBeLessThanOrEqual(500 + 4000 + 500);
  });

  it("waits at random, up to 20 ms after the first conflict and up to 800 ms after later ones", async () => {
    const almostAll = () => 1 - Number.EPSILON;
    const { context, timer } = contextWith(["conflict"], { repeated: true, random: almostAll });

    await expect(put(context, "r")).rejects.toMatchObject(BUSY);
    expect(timer.pauses.map(Math.round)).toEqual([20, 40, 80, 160, 320, 640, 800, 800, 800]);
    expect(timer.now()).toBeLessThanOrEqual(4000);
  });

  it("is committed when an attempt succeeds in time, however long it took to decide first", async () => {
    const { context, counts, timer } = contextWith(["conflict", "stale", "moved"]);
    let decisions = 0;
    await put(context, "late", () => {
      if (++decisions === 1) timer.advance(20_000);
    });

    expect([counts.commits, decisions]).toEqual([4, 4]);
  });

  it("reads again only when something that it has read was changed", async () => {
    const conflict = contextWith(["conflict", "conflict"]);
    await put(conflict.context, "kept");
    expect([conflict.counts.commits, conflict.counts.reads]).toEqual([3, 1]);

    const stale = contextWith(["stale", "conflict"]);
    await put(stale.context, "read-again");
    expect([stale.counts.commits, stale.counts.reads]).toEqual([3, 2]);
  });

  it("gives up after 15 preparations of its index items", async () => {
    const { context, counts } = contextWith(["unprepared"], { repeated: true, random: () => 0 });

    await expect(put(context, "r")).rejects.toMatchObject(BUSY);
    expect([counts.commits, counts.preparations]).toEqual([16, 15]);
  });

  it("counts the attempts of all rounds of preparation together", async () => {
    const rounds = Array.from({ length: 20 }, () => ["unprepared", "stale"] as const).flat();
    const { context, counts } = contextWith(rounds, { random: () => 0 });

    await expect(put(context, "r")).rejects.toMatchObject(BUSY);
    expect([counts.commits, counts.preparations]).toEqual([30, 15]);
  });

  it("is bounded also when it sets the timestamp of a list back", async () => {
    const { context, counts } = contextWith(["stale"], { repeated: true, random: () => 0 });
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

describe("while a transaction waits for its next attempt", () => {
  /** The lists of the writers that came to the mutex. */
  let queue: (readonly string[])[];
  class RecordingMutex extends KeyedMutex {
    override run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
      queue.push(keys);
      return super.run(keys, work);
    }
  }
  beforeEach(() => {
    queue = [];
  });

  /** A context whose first write waits until `end` is called. */
  const contextWithWaiter = () => {
    const { context, counts, timer } = contextWith(["conflict"]);
    const waiting = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const sleep = () => {
      waiting.resolve();
      return end.promise;
    };
    return {
      context: { ...context, mutex: new RecordingMutex(), timer: { ...timer, sleep } },
      counts,
      timer,
      waiting: waiting.promise,
      end: end.resolve,
    };
  };

  it("other transactions read the list and its records", async () => {
    const { context, waiting, end } = contextWithWaiter();
    const writer = put(context, "waits");
    await waiting;
    const ref = objects.refOf(`${LIST}/none`);
    const read = await transact(context, { ...readsForWrite(ref), writes: [] }, async (session) => {
      const parentGeneration = session.view.parentGeneration(ref.list) ?? "";
      await session.readPage(ref.list, { parentGeneration, tombstones: false, limit: 10 });
      return session.view.object(ref);
    });

    expect(read).toBeUndefined();
    end();
    await writer;
  });

  it("writers of the list in the same process give up after 10 s, without an attempt", async () => {
    const { context, counts, timer, waiting, end } = contextWithWaiter();
    const writer = put(context, "first");
    await waiting;
    let decisions = 0;
    const second = put(context, "second", () => decisions++);
    const third = put(context, "third", () => decisions++);
    while (queue.length < 3) await new Promise(setImmediate);
    timer.advance(10_001);
    end();

    await writer;
    await expect(second).rejects.toMatchObject({
      ...BUSY,
      cause: { message: expect.stringContaining("gave up after 10001 ms behind other writers of this process") },
    });
    await expect(third).rejects.toMatchObject(BUSY);
    expect([decisions, counts.commits]).toEqual([0, 2]);
  });
});
