import { type Generation, type ListRef, MAX_FUTURE_MS, objectRef } from "../resources.ts";
import type { Session } from "./session.ts";
import { type TransactionContext, type TransactionPlan, transact } from "./transact.ts";
import { parentsOf } from "./view.ts";

/** Maximum number and size of the entries that one transaction changes: DynamoDB's is 100 items and 4 MB. */
const MAX_ENTRIES_PER_TRANSACTION = 20;
const MAX_BYTES_PER_TRANSACTION = 1_500_000;

/** A list whose timestamp may be ahead of the clock. */
export interface ClockReport {
  /** The list's timestamp, in ms. */
  readonly timestamp: number;
  /** Epoch ms. */
  readonly now: number;
  /** Whether the timestamp is more than a day ahead of the clock. */
  readonly isAhead: boolean;
  /** The number of objects and tombstones whose `last_modified` is more than a day ahead. */
  readonly entries: number;
}

const planOf = (list: ListRef): TransactionPlan => ({
  objects: [],
  parents: parentsOf(list),
  clocks: [list],
  writes: [list],
});

/** Reports how far a list's timestamp is ahead. Returns `undefined` for a list that does not exist. */
export const inspectClock = (context: TransactionContext, list: ListRef): Promise<ClockReport | undefined> =>
  transact(context, { ...planOf(list), writes: [] }, async (session) => {
    const clock = session.view.clock(list);
    if (clock === undefined) return undefined;
    const { timestamp, parentGeneration } = clock;
    const since = session.now + MAX_FUTURE_MS;
    const isAhead = timestamp > since;
    const ahead = { parentGeneration, since, tombstones: true };
    const entries = isAhead ? (await context.store.count(list, ahead)).count : 0;
    return { timestamp, now: session.now, isAhead, entries };
  });

/** The progress of a repair: entries that were changed, or that the timestamp was set back. */
export type RepairStep = { readonly changed: number } | { readonly isDone: true };

/**
 * Does a part of the repair of a list whose timestamp is more than a day ahead. Gives entries with a `last_modified`
 * more than a day ahead a present one, newest first. When none is left, sets the list's timestamp back to the present.
 *
 * @param nextTime the `last_modified` of the next entry, in ms; less for each further one
 */
export const repairClockStep = (context: TransactionContext, list: ListRef, nextTime: number): Promise<RepairStep> =>
  transact(context, planOf(list), async (session): Promise<RepairStep> => {
    const { view, now } = session;
    const clock = view.clock(list);
    if (clock === undefined || clock.timestamp <= now + MAX_FUTURE_MS) return { isDone: true };
    const ahead = await readNewest(
      session,
      list,
      clock.parentGeneration,
      MAX_ENTRIES_PER_TRANSACTION,
      now + MAX_FUTURE_MS,
    );
    if (ahead.length === 0) {
      const [newest] = await readNewest(session, list, clock.parentGeneration, 1);
      view.setBack(list, Math.max(now, newest?.last_modified ?? 0));
      return { isDone: true };
    }
    let bytes = 0;
    const fitting = ahead.filter(({ json }, index) => {
      bytes += Buffer.byteLength(json);
      return index === 0 || bytes <= MAX_BYTES_PER_TRANSACTION;
    });
    const refs = fitting.map(({ id }) => objectRef(list, id));
    await session.read({ objects: refs, clocks: [] });
    for (const [index, ref] of refs.entries()) view.setLastModified(ref, nextTime - index);
    return { changed: refs.length };
  });

const readNewest = async (
  session: Session,
  list: ListRef,
  parentGeneration: Generation,
  limit: number,
  since?: number,
) => (await session.readPage(list, { parentGeneration, since, tombstones: true, limit })).entries;
