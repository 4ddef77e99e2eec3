import type { Counter, CounterChange } from "../ports/state.ts";

/** Unites two changes of one counter in a transaction. The later one was decided on what the first one leaves. */
export const mergeCounterUpdates = <Update extends CounterChange>(first: Update | undefined, later: Update): Update => {
  if (first === undefined) return later;
  const set = { ...first.set };
  const add = { ...first.add };
  for (const [name, value] of Object.entries(later.add ?? {})) {
    if (set[name] === undefined) add[name] = (add[name] ?? 0) + value;
    else set[name] += value;
  }
  for (const [name, value] of Object.entries(later.set ?? {})) {
    delete add[name];
    set[name] = value;
  }
  // Conditions are about what is stored, so they say nothing of numbers that the first change has set or added to.
  const isStored = ([name]: [string, unknown]): boolean =>
    first.set?.[name] === undefined && first.add?.[name] === undefined && first.when?.[name] === undefined;
  const max: Record<string, number> = {};
  for (const [name, limit] of [...Object.entries(first.max ?? {}), ...Object.entries(later.max ?? {})])
    if (set[name] === undefined) max[name] = Math.min(limit, max[name] ?? limit);
  const when = { ...first.when, ...Object.fromEntries(Object.entries(later.when ?? {}).filter(isStored)) };
  return { ...later, add, set, max, when };
};

/** Returns a counter as it is after a change. */
export const applyCounterChange = (stored: Counter | undefined, { add, set }: CounterChange): Counter => {
  const counter: Record<string, number> = { ...stored };
  for (const [name, value] of Object.entries(add ?? {})) counter[name] = (counter[name] ?? 0) + value;
  return { ...counter, ...set };
};
