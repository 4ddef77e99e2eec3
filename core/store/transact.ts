import { type Retries, SYSTEM_TIMER, startRetries, type Timer } from "../../lib/util/backoff.ts";
import { KeyedMutex } from "../../lib/util/keyed-mutex.ts";
import { assertChainLength, type Provenance } from "../events/provenance.ts";
import type { Change, Commit, ListClock, PreparedIndex, ReadRequest, Store } from "../ports/store.ts";
import type { Version } from "../ports/versions.ts";
import { type ListRef, MAX_FUTURE_MS } from "../resources.ts";
import { CONTENTION_LIMITS, contentionFailure, MAX_TURN_WAIT_MS } from "./contention.ts";
import { createIdGenerators } from "./generated-ids.ts";
import { Session, SnapshotCache } from "./session.ts";
import type { View } from "./view.ts";

/** Number of lists whose newest timestamp a process remembers. */
const MAX_REMEMBERED_LISTS = 1000;

export interface TransactionContext {
  readonly store: Store;
  readonly mutex: KeyedMutex;
  /** The newest timestamp of each list that this process has written. */
  readonly minTimestamps: Map<string, number>;
  /** Epoch ms. */
  readonly now: () => number;
  /** Measures and waits between attempts. */
  readonly timer: Timer;
  /** Returns the cause of the current changes. */
  readonly provenance?: (() => Provenance | undefined) | undefined;
  /** Returns the versions that changes make; absent if no versions are kept. */
  readonly createVersions?: ((view: View, changes: readonly Change[]) => Promise<readonly Version[]>) | undefined;
  /** Runs after a commit and before {@link transact} resolves. Must not reject. */
  readonly onCommitted?: ((changes: readonly Change[]) => Promise<void>) | undefined;
}

export const createTransactionContext = (store: Store, now: () => number = Date.now): TransactionContext => ({
  store,
  mutex: new KeyedMutex(),
  minTimestamps: new Map(),
  now,
  timer: SYSTEM_TIMER,
});

/** What a transaction will read, and the lists it may write to. Only saves round trips and conflicts. */
export interface TransactionPlan extends ReadRequest {
  readonly writes: readonly ListRef[];
}

/** Runs a decision in a new transaction or in the current one. */
export type RunInTransaction = <T>(plan: TransactionPlan, decide: (session: Session) => Promise<T>) => Promise<T>;

/**
 * Runs an optimistic transaction: reads, decides, commits, and starts over after a concurrent change.
 * @param decide makes its changes in the session's view. It may run several times and must have no other side effects.
 * @throws Failure BACKEND when other writers were faster until {@link CONTENTION_LIMITS}
 */
export const transact = async <T>(
  context: TransactionContext,
  { writes, ...request }: TransactionPlan,
  decide: (session: Session) => T | Promise<T>,
): Promise<T> => {
  const { store, minTimestamps, now, timer, provenance, createVersions, onCommitted } = context;
  const lists = writes.map(({ uri }) => uri);
  let retries: Retries | undefined;
  /** Waits before the next attempt after a conflict. All attempts of the transaction count, in all rounds. */
  const pauseAfterConflict = async (): Promise<void> => {
    retries ??= startRetries(CONTENTION_LIMITS, timer);
    if (!(await retries.pause())) throw contentionFailure(targetOf(lists), retries.describe());
  };

  let cache = await readSnapshot(store, request);
  let prepared: PreparedIndex | undefined;
  const createNextId = createIdGenerators();
  const attemptUntilCommitted = async (): Promise<{ result: T; commit?: Commit; isUnprepared?: true }> => {
    for (;;) {
      const startedAt = now();
      const minTimestamp = (list: string) => {
        const remembered = minTimestamps.get(list) ?? 0;
        // An operator may have set back a list that ran ahead.
        return remembered > startedAt + MAX_FUTURE_MS ? 0 : remembered;
      };
      const session = new Session(store, cache, startedAt, { minTimestamp, nextId: createNextId() });
      const result = await decide(session);
      const built = addProvenance(session.view.buildCommit(), provenance);
      if (built === undefined) return { result };
      const versions = await createVersions?.(session.view, built.changes);
      const commit = versions === undefined ? built : { ...built, versions };

      const outcome = await store.commit(commit, prepared);
      if (outcome.kind === "unprepared") return { result, commit, isUnprepared: true };
      if (outcome.kind === "done") {
        for (const { list, after } of commit.clocks) rememberTimestamp(minTimestamps, list.uri, after.timestamp);
        return { result, commit };
      }
      await pauseAfterConflict();
      if (outcome.kind === "moved" && haveSameGenerations(commit, outcome.clocks))
        for (const [uri, clock] of outcome.clocks) cache.clocks.set(uri, clock);
      // After a conflict it is unknown what has changed. The next attempt shows it. Hooks read counters anew in each attempt,
      // so the objects that they are about must not be older.
      else if (outcome.kind !== "conflict" || commit.counters !== undefined) {
        cache = await readSnapshot(store, cache.requested);
        // Another writer of the objects may have removed index items.
        prepared = undefined;
      }
    }
  };
  for (;;) {
    const { result, commit, isUnprepared } = await (lists.length === 0
      ? attemptUntilCommitted()
      : runInTurn(context, lists, attemptUntilCommitted));
    if (commit === undefined) return result;
    if (isUnprepared) {
      // A second preparation follows a conflict, or a decision that differs from that of the attempt before.
      if (prepared !== undefined) await pauseAfterConflict();
      // Other writers of the lists do not wait for this.
      prepared = await store.prepareIndex(commit, prepared);
      continue;
    }
    if (prepared !== undefined) await store.cleanIndex(commit, prepared);
    if (commit.changes.length > 0) await onCommitted?.(commit.changes);
    return result;
  }
};

/**
 * Runs work after that of earlier writers of the lists in this process. Gives up if they took too long: those that wait
 * longer than {@link MAX_TURN_WAIT_MS} do nothing, so that the others are not held up by all of them.
 */
const runInTurn = <T>(
  { mutex, timer }: Pick<TransactionContext, "mutex" | "timer">,
  lists: readonly string[],
  work: () => Promise<T>,
): Promise<T> => {
  const queuedAt = timer.now();
  return mutex.run(lists, async () => {
    const waitedMs = timer.now() - queuedAt;
    if (waitedMs > MAX_TURN_WAIT_MS)
      throw contentionFailure(targetOf(lists), `${Math.round(waitedMs)} ms behind other writers of this process`);
    return work();
  });
};

/** Names the lists of a transaction. One that was planned without lists is about new lists or the outbox. */
const targetOf = (lists: readonly string[]): string =>
  lists.length === 0 ? "the lists of this request" : [...new Set(lists)].join(", ");

/** Adds the cause to each change. Throws when the chain of causes is too long. */
const addProvenance = (
  commit: Commit | undefined,
  getProvenance: (() => Provenance | undefined) | undefined,
): Commit | undefined => {
  const provenance = commit === undefined || commit.changes.length === 0 ? undefined : getProvenance?.();
  if (commit === undefined || provenance === undefined) return commit;
  assertChainLength(provenance);
  return {
    ...commit,
    changes: commit.changes.map((change) => ({ ...change, after: { ...change.after, provenance } })),
  };
};

/** Whether no list's parent was deleted or created again. If one was, the changes must not be written. */
const haveSameGenerations = ({ clocks }: Commit, current: ReadonlyMap<string, ListClock>): boolean =>
  clocks.every(({ list, after }) => (current.get(list.uri) ?? after).parentGeneration === after.parentGeneration);

const readSnapshot = async (store: Store, request: ReadRequest): Promise<SnapshotCache> => {
  const cache = new SnapshotCache();
  const missing = cache.addMissing(request);
  if (missing !== undefined) cache.add(await store.read(missing));
  return cache;
};

const rememberTimestamp = (minTimestamps: Map<string, number>, list: string, timestamp: number): void => {
  const previous = minTimestamps.get(list) ?? 0;
  minTimestamps.delete(list);
  minTimestamps.set(list, Math.max(previous, timestamp));
  if (minTimestamps.size > MAX_REMEMBERED_LISTS) minTimestamps.delete(minTimestamps.keys().next().value as string);
};
