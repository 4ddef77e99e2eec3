import { Failure } from "../errors.ts";
import type { ListRef } from "../resources.ts";
import { Lanes } from "./lanes.ts";
import type { Clock, Snapshot, Store, Wanted } from "./store.ts";
import { View } from "./view.ts";

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
}

export const transactions = (store: Store, now: () => number = Date.now): Transactions => ({
  store,
  lanes: new Lanes(),
  floors: new Map(),
  now,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

/**
 * Reads, decides and commits, again and again until nobody came between.
 * `decide` sees a view and says what to change through it; it may run several times and must have no other effect.
 */
export const transact = async <T>(
  { store, lanes, floors, now, pause }: Transactions,
  wanted: Wanted & { writes: readonly ListRef[] },
  decide: (view: View) => T | Promise<T>,
): Promise<T> => {
  const deadline = now() + PATIENCE;
  let snapshot = await store.read(wanted);
  return lanes.run(
    wanted.writes.map(({ uri }) => uri),
    async () => {
      for (let attempt = 0; ; attempt++) {
        const view = new View(snapshot, now(), (list) => floors.get(list) ?? 0);
        const answer = await decide(view);
        const commit = view.commit();
        if (commit === undefined) return answer;

        const outcome = await store.commit(commit);
        if (outcome.kind === "done") {
          for (const { list, after } of commit.clocks) remember(floors, list.uri, after.last);
          return answer;
        }
        if (now() > deadline) throw new Failure("BACKEND", { message: "Too many writers are at work on this list, please retry." });
        if (attempt > 0 || outcome.kind === "conflict") await pause(Math.random() * Math.min(LONGEST_PAUSE, 5 * 2 ** attempt));
        snapshot = outcome.kind === "moved" ? withClocks(snapshot, outcome.clocks) : await store.read(wanted);
      }
    },
  );
};

const withClocks = (snapshot: Snapshot, clocks: ReadonlyMap<string, Clock>): Snapshot => ({
  ...snapshot,
  clocks: new Map([...snapshot.clocks, ...clocks]),
});

/** Keeps the thousand lists written last. */
const remember = (floors: Map<string, number>, list: string, last: number): void => {
  const known = floors.get(list) ?? 0;
  floors.delete(list);
  floors.set(list, Math.max(known, last));
  if (floors.size > 1000) floors.delete(floors.keys().next().value as string);
};
