import { backoffMs, sleep } from "../../lib/util/backoff.ts";
import { KeyedMutex } from "../../lib/util/keyed-mutex.ts";
import { Failure } from "../errors.ts";
import { assertChainLength, type Provenance } from "../events/provenance.ts";
import type { Change, Commit, ListClock, PreparedIndex, ReadRequest, Store } from "../ports/store.ts";
import { type ListRef, MAX_FUTURE_MS } from "../resources.ts";
import { createIdGenerators } from "./generated-ids.ts";
import { Session, SnapshotCache } from "./session.ts";

/** Total time for retries of a transaction: well below API Gateway's timeout of 30 s. */
const MAX_RETRY_MS = 20_000;
const BASE_PAUSE_MS = 5;
const MAX_PAUSE_MS = 250;
/** Number of lists whose newest timestamp a process remembers. */
const MAX_REMEMBERED_LISTS = 1000;

export interface TransactionContext {
  readonly store: Store;
  readonly mutex: KeyedMutex;
  /** The newest timestamp of each list that this process has written. */
  readonly minTimestamps: Map<string, number>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Returns the cause of the current changes. */
  readonly provenance?: (() => Provenance | undefined) | undefined;
  /** Runs after a commit and before {@link transact} resolves. Must not reject. */
  readonly onCommitted?: ((changes: readonly Change[]) => Promise<void>) | undefined;
}

export const createTransactionContext = (store: Store, now: () => number = Date.now): TransactionContext => ({
  store,
  mutex: new KeyedMutex(),
  minTimestamps: new Map(),
  now,
  sleep,
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
 * @throws Failure BACKEND when the retries take longer than 20 seconds
 */
export const transact = async <T>(
  context: TransactionContext,
  { writes, ...request }: TransactionPlan,
  decide: (session: Session) => T | Promise<T>,
): Promise<T> => {
  const { store, mutex, minTimestamps, now, provenance, onCommitted } = context;
  const deadline = performance.now() + MAX_RETRY_MS;
  let cache = await readSnapshot(store, request);
  let prepared: PreparedIndex | undefined;
  const createNextId = createIdGenerators();
  const attemptUntilCommitted = async (): Promise<{ result: T; commit?: Commit; isUnprepared?: true }> => {
    for (let attempt = 0; ; attempt++) {
      const startedAt = now();
      const minTimestamp = (list: string) => {
        const remembered = minTimestamps.get(list) ?? 0;
        // An operator may have set back a list that ran ahead.
        return remembered > startedAt + MAX_FUTURE_MS ? 0 : remembered;
      };
      const session = new Session(store, cache, startedAt, { minTimestamp, nextId: createNextId() });
      const result = await decide(session);
      const commit = addProvenance(session.view.buildCommit(), provenance);
      if (commit === undefined) return { result };

      const outcome = await store.commit(commit, prepared);
      if (outcome.kind === "unprepared") return { result, commit, isUnprepared: true };
      if (outcome.kind === "done") {
        for (const { list, after } of commit.clocks) rememberTimestamp(minTimestamps, list.uri, after.timestamp);
        return { result, commit };
      }
      if (performance.now() > deadline)
        throw new Failure("BACKEND", { message: "Too many concurrent writes to this list. Please retry." });
      if (attempt > 0 || outcome.kind === "conflict")
        await context.sleep(backoffMs(attempt, BASE_PAUSE_MS, MAX_PAUSE_MS));
      if (outcome.kind === "moved" && haveSameGenerations(commit, outcome.clocks))
        for (const [uri, clock] of outcome.clocks) cache.clocks.set(uri, clock);
      else {
        cache = await readSnapshot(store, cache.requested);
        // Another writer of the objects may have removed index items.
        prepared = undefined;
      }
    }
  };
  const lists = writes.map(({ uri }) => uri);
  for (;;) {
    const { result, commit, isUnprepared } = await (lists.length === 0
      ? attemptUntilCommitted()
      : mutex.run(lists, attemptUntilCommitted));
    if (commit === undefined) return result;
    if (isUnprepared) {
      if (performance.now() > deadline)
        throw new Failure("BACKEND", { message: "Too many concurrent writes to this object. Please retry." });
      // Other writers of the lists do not wait for this.
      prepared = await store.prepareIndex(commit, prepared);
      continue;
    }
    if (prepared !== undefined) await store.cleanIndex(commit, prepared);
    if (commit.changes.length > 0) await onCommitted?.(commit.changes);
    return result;
  }
};

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
