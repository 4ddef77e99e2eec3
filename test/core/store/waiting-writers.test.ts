import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { transact } from "../../../core/store/transact.ts";
import { readsForWrite } from "../../../core/store/view.ts";
import { KeyedMutex } from "../../../lib/util/keyed-mutex.ts";
import { BUSY, LIST, openContention } from "./open-contention.ts";

let objects: Awaited<ReturnType<typeof openContention>>;
beforeAll(async () => {
  objects = await openContention();
});
afterAll(() => objects[Symbol.asyncDispose]());

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
    const { context, counts, timer } = objects.contextWith(["conflict"]);
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
    const writer = objects.putRecord(context, "waits");
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
    const writer = objects.putRecord(context, "first");
    await waiting;
    let decisions = 0;
    const second = objects.putRecord(context, "second", () => decisions++);
    const third = objects.putRecord(context, "third", () => decisions++);
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
