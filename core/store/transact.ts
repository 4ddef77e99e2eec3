import { Lanes } from "../../lib/util/keyed-mutex.ts";
import { Failure } from "../errors.ts";
import { type Provenance, requireEnd } from "../events/provenance.ts";
import type { Change, Clock, Commit, Store, Wanted } from "../ports/store.ts";
import type { ListRef } from "../resources.ts";
import { Known, Session } from "./session.ts";

/** How long a request goes on trying against others, in ms: well below API Gateway's 30 s. */
const PATIENCE = 20_000;
/** The longest pause between two tries, in ms. */
const LONGEST_PAUSE = 250;

export interface Transactions {
  readonly store: Store;
  readonly lanes: Lanes;
  /** The newest timestamp this process has seen of a list. */
  readonly floors: Map<string, number>;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** What the changes that are being made come of. */
  readonly provenance?: (() => Provenance | undefined) | undefined;
  /** Told what was committed, before whoever had it committed goes on; does not reject. */
  readonly committed?: ((changes: readonly Change[]) => Promise<void>) | undefined;
}

export const transactions = (store: Store, now: () => number = Date.now): Transactions => ({
  store,
  lanes: new Lanes(),
  floors: new Map(),
  now,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

/** What is known beforehand to be read, and the lists that may be written to: spares rounds and conflicts, and nothing else. */
export interface Plan extends Wanted {
  readonly writes: readonly ListRef[];
}

/**
 * Reads, decides and commits, again and again until nobody came between.
 * `decide` says through the session's view what to change; it may run several times and must have no other effect.
 */
export const transact = async <T>(
  { store, lanes, floors, now, pause, provenance, committed }: Transactions,
  { writes, ...wanted }: Plan,
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
        const commit = stamped(session.view.commit(), provenance?.());
        if (commit === undefined) return { answer, changes: [] };

        const outcome = await store.commit(commit);
        if (outcome.kind === "done") {
          for (const { list, after } of commit.clocks) remember(floors, list.uri, after.last);
          return { answer, changes: commit.changes };
        }
        if (performance.now() > deadline)
          throw new Failure("BACKEND", { message: "Too many writers are at work on this list, please retry." });
        if (attempt > 0 || outcome.kind === "conflict")
          await pause(Math.random() * Math.min(LONGEST_PAUSE, 5 * 2 ** attempt));
        if (outcome.kind === "moved" && goesOn(commit, outcome.clocks))
          for (const [uri, clock] of outcome.clocks) known.clocks.set(uri, clock);
        else known = await read(store, known.asked);
      }
    },
  );
  if (changes.length > 0) await committed?.(changes);
  return answer;
};

/** Notes with each change what it came of. Throws where plugins would go on causing each other's changes. */
const stamped = (commit: Commit | undefined, provenance: Provenance | undefined): Commit | undefined => {
  if (commit === undefined || commit.changes.length === 0 || provenance === undefined) return commit;
  requireEnd(provenance);
  return {
    ...commit,
    changes: commit.changes.map((change) => ({ ...change, after: { ...change.after, provenance } })),
  };
};

/** Whether the clocks have gone on in the lives that the commit is for; what belongs to a life that ended meanwhile is not to be written. */
const goesOn = ({ clocks }: Commit, found: ReadonlyMap<string, Clock>): boolean =>
  clocks.every(({ list, after }) => (found.get(list.uri) ?? after).of === after.of);

const read = async (store: Store, wanted: Wanted): Promise<Known> => {
  const known = new Known();
  const missing = known.ask(wanted);
  if (missing !== undefined) known.learn(await store.read(missing));
  return known;
};

/** Keeps the thousand lists written last. */
const remember = (floors: Map<string, number>, list: string, last: number): void => {
  const known = floors.get(list) ?? 0;
  floors.delete(list);
  floors.set(list, Math.max(known, last));
  if (floors.size > 1000) floors.delete(floors.keys().next().value as string);
};
