import type { Counter, CounterChange } from "../ports/state.ts";

/** Unites two changes of one counter in a transaction. The conditions of the later one see the changes of the first. */
export const mergeCounterUpdates = <Update extends CounterChange>(first: Update | undefined, later: Update): Update => {
  if (first === undefined) return later;
  const added = addNumbers(first.add, later.add);
  const max = { ...first.max };
  for (const [name, limit] of Object.entries(later.max ?? {})) max[name] = Math.min(limit, max[name] ?? limit);
  const isStored = ([name]: [string, unknown]): boolean =>
    first.set?.[name] === undefined && first.add?.[name] === undefined && first.when?.[name] === undefined;
  return {
    ...later,
    add: added,
    set: { ...first.set, ...later.set },
    max,
    when: { ...first.when, ...Object.fromEntries(Object.entries(later.when ?? {}).filter(isStored)) },
  };
};

/** Returns a counter as it is after a change. */
export const applyCounterChange = (stored: Counter | undefined, { add, set }: CounterChange): Counter => ({
  ...addNumbers(stored, add),
  ...set,
});

const addNumbers = (a: Counter = {}, b: Counter = {}): Counter => {
  const sums: Record<string, number> = { ...a };
  for (const [name, value] of Object.entries(b)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
};
