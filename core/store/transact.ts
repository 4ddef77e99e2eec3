import { KeyedMutex } from "../../lib/util/keyed-mutex.ts";
import { Failure } from "../errors.ts";
import { assertChainLength, type Provenance } from "../events/provenance.ts";
import type { Change, Commit, ListClock, ReadRequest, Store } from "../ports/store.ts";
import type { ListRef } from "../resources.ts";
import { Session, SnapshotCache } from "./session.ts";

/** How long a request goes on trying against others, in ms: well below API Gateway's 30 s. */
const PATIENCE = 20_000;
/** The longest pause between two tries, in ms. */
const LONGEST_PAUSE = 250;

export interface TransactionContext {
  readonly store: Store;
  readonly mutex: KeyedMutex;
  /** The newest timestamp this process has seen of a list. */
  readonly minTimestamps: Map<string, number>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** What the changes that are being made come of. */
  readonly provenance?: (() => Provenance | undefined) | undefined;
  /** Told what was committed, before whoever had it committed goes on; does not reject. */
  readonly onCommitted?: ((changes: readonly Change[]) => Promise<void>) | undefined;
}

export const createTransactionContext = (store: Store, now: () => number = Date.now): TransactionContext => ({
  store,
  mutex: new KeyedMutex(),
  minTimestamps: new Map(),
  now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

/** What is known beforehand to be read, and the lists that may be written to: spares rounds and conflicts, and nothing else. */
export interface TransactionPlan extends ReadRequest {
  readonly writes: readonly ListRef[];
}

/**
 * Reads, decides and commits, again and again until nobody came between.
 * `decide` says through the session's view what to change; it may run several times and must have no other effect.
 */
export const transact = async <T>(
  {
    store,
    mutex: lanes,
    minTimestamps: floors,
    now,
    sleep: pause,
    provenance,
    onCommitted: committed,
  }: TransactionContext,
  { writes, ...wanted }: TransactionPlan,
  decide: (session: Session) => T | Promise<T>,
): Promise<T> => {
  const deadline = performance.now() + PATIENCE;
  let known = await read(store, wanted);
  const { answer, changes } = await lanes.run(
    writes.map(({ uri }) => uri),
    async () => {
      for (let attempt = 0; ; attempt++) {
        const session = new Session(store, known, now(), (list) => floors.get(list) ?? 0);
        const answer = await decide(session);
        const commit = stamped(session.view.buildCommit(), provenance?.());
        if (commit === undefined) return { answer, changes: [] };

        const outcome = await store.commit(commit);
        if (outcome.kind === "done") {
          for (const { list, after } of commit.clocks) remember(floors, list.uri, after.timestamp);
          return { answer, changes: commit.changes };
        }
        if (performance.now() > deadline)
          throw new Failure("BACKEND", { message: "Too many writers are at work on this list, please retry." });
        if (attempt > 0 || outcome.kind === "conflict")
          await pause(Math.random() * Math.min(LONGEST_PAUSE, 5 * 2 ** attempt));
        if (outcome.kind === "moved" && goesOn(commit, outcome.clocks))
          for (const [uri, clock] of outcome.clocks) known.clocks.set(uri, clock);
        else known = await read(store, known.requested);
      }
    },
  );
  if (changes.length > 0) await committed?.(changes);
  return answer;
};

/** Notes with each change what it came of. Throws where plugins would go on causing each other's changes. */
const stamped = (commit: Commit | undefined, provenance: Provenance | undefined): Commit | undefined => {
  if (commit === undefined || commit.changes.length === 0 || provenance === undefined) return commit;
  assertChainLength(provenance);
  return {
    ...commit,
    changes: commit.changes.map((change) => ({ ...change, after: { ...change.after, provenance } })),
  };
};

/** Whether the clocks have gone on in the lives that the commit is for; what belongs to a life that ended meanwhile is not to be written. */
const goesOn = ({ clocks }: Commit, found: ReadonlyMap<string, ListClock>): boolean =>
  clocks.every(({ list, after }) => (found.get(list.uri) ?? after).parentGeneration === after.parentGeneration);

const read = async (store: Store, wanted: ReadRequest): Promise<SnapshotCache> => {
  const known = new SnapshotCache();
  const missing = known.addMissing(wanted);
  if (missing !== undefined) known.add(await store.read(missing));
  return known;
};

/** Keeps the thousand lists written last. */
const remember = (floors: Map<string, number>, list: string, last: number): void => {
  const known = floors.get(list) ?? 0;
  floors.delete(list);
  floors.set(list, Math.max(known, last));
  if (floors.size > 1000) floors.delete(floors.keys().next().value as string);
};

/** Has something decided in a transaction: in one of its own, or in one that is under way. */
export type RunInTransaction = <T>(plan: TransactionPlan, decide: (session: Session) => Promise<T>) => Promise<T>;
