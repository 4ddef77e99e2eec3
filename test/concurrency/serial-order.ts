import { type Operation, worded } from "./history.ts";
import { isSound, type ListReading, type ListState, type Look, readingOf, takesEffect, type Version } from "./list-state.ts";
import { type Entry, isWrite, timelineOf, written } from "./timeline.ts";

/** Ways to go on that are given up before the search is. */
const PATIENCE = 50_000;

/** An operation that was answered, and is yet to be given its place. */
interface Open {
  readonly operation: Operation;
  readonly answered: number;
  /** Absent from writes: the timeline has their place. */
  readonly first?: Look | undefined;
  readonly others?: readonly Look[];
}

/** A write of unknown outcome whom no answer tells of. */
interface Doubtful {
  readonly operation: Operation;
  /** The list's time when it had begun: where it took effect, if it did, is later. */
  readonly after: number;
}

/** How far an order has got. */
interface Point extends ListState {
  /** How many entries of the timeline have their place. */
  readonly entries: number;
  /** How many operations have begun, by the time of invocation. */
  readonly begun: number;
  readonly open: readonly Open[];
  readonly doubtful: readonly Doubtful[];
  /** By id, the list's time when somebody last saw what stands there. */
  readonly seen: ReadonlyMap<string, number>;
  /** Times that are taken by changes nobody saw. */
  readonly hidden: ReadonlySet<number>;
}

/**
 * Looks for an order of the operations on one list that respects real time and explains every answer: the order of the changes is
 * that of their timestamps, reads find their places between them, and what was never answered may take effect anywhere after its
 * invocation, or nowhere. Answers with `undefined`, or with words about what can't be explained.
 * @param start the list's timestamp before the history, when it was empty
 */
export const unexplained = (history: readonly Operation[], { start, lists }: { start: number; lists: ListReading }): string | undefined => {
  const operations = history.toSorted((a, b) => a.invoked - b.invoked);
  const strange = operations.find((operation) => {
    if (operation.answer === undefined) return false;
    return written(operation) === undefined ? readingOf(operation.call, operation.answer, lists) === undefined : !isSound(operation);
  });
  if (strange !== undefined) return `No answer of this protocol: ${worded(strange)}`;

  const { entries, flaw } = timelineOf(operations, start);
  if (flaw !== undefined) return flaw;
  const search: Search = {
    operations,
    entries,
    lists,
    invocations: new Map(operations.map((operation, place) => [operation, place])),
    changes: new Set(entries.flatMap(({ operation }) => operation ?? [])),
    times: new Set(entries.map(({ time }) => time)),
  };

  const others: (() => Point)[] = [];
  let at: Point = { time: start, versions: new Map(), entries: 0, begun: 0, open: [], doubtful: [], seen: new Map(), hidden: new Set() };
  let furthest = at;
  for (let givenUp = 0; givenUp < PATIENCE; ) {
    at = settle(search, at);
    if (at.begun === operations.length && at.open.length === 0 && at.entries === entries.length) return undefined;
    if (at.entries + at.begun > furthest.entries + furthest.begun) furthest = at;
    const [next, ...more] = waysOn(search, at);
    others.push(...more.reverse());
    if (next === undefined) givenUp++;
    const way = next ?? others.pop();
    if (way === undefined) return told(search, furthest, "No order explains");
    at = way();
  }
  return told(search, furthest, `No order was found in ${PATIENCE} tries for`);
};

interface Search {
  readonly operations: readonly Operation[];
  readonly entries: readonly Entry[];
  readonly lists: ListReading;
  /** Which operation it is, by the time of invocation. */
  readonly invocations: ReadonlyMap<Operation, number>;
  /** The operations of the timeline, and its times. */
  readonly changes: ReadonlySet<Operation>;
  readonly times: ReadonlySet<number>;
}

/** Lets begin what may have begun, and gives a place to every read that finds the list as it shows it: the earlier, the better. */
const settle = (search: Search, from: Point): Point => {
  let at = from;
  for (let before: Point | undefined; before !== at; ) {
    before = at;
    at = placeReads(begin(search, at));
  }
  return at;
};

/** What is invoked after another's answer begins after it has its place. */
const begin = ({ operations, lists, changes }: Search, at: Point): Point => {
  const open = [...at.open];
  const doubtful = [...at.doubtful];
  let { begun } = at;
  let horizon = Math.min(...open.map(({ answered }) => answered));
  for (; begun < operations.length && (operations[begun] as Operation).invoked < horizon; begun++) {
    const operation = operations[begun] as Operation;
    const { call, answer } = operation;
    if (answer !== undefined) {
      open.push({ operation, answered: answer.answered, ...(written(operation) === undefined && readingOf(call, answer, lists)) });
      horizon = Math.min(horizon, answer.answered);
    } else if (isWrite(call) && !changes.has(operation)) doubtful.push({ operation, after: at.time });
  }
  return begun === at.begun ? at : { ...at, begun, open, doubtful };
};

const placeReads = (at: Point): Point => {
  const open: Open[] = [];
  const seen = new Map(at.seen);
  let changed = false;
  for (const one of at.open) {
    if (one.others === undefined) {
      open.push(one);
      continue;
    }
    const first = one.first?.(at) === true ? undefined : one.first;
    const others = first === undefined ? one.others.filter((look) => look(at) !== true) : one.others;
    if (first === one.first && others.length === one.others.length) {
      open.push(one);
      continue;
    }
    changed = true;
    if (others.length < one.others.length) for (const id of "id" in one.operation.call ? [one.operation.call.id] : at.versions.keys()) seen.set(id, at.time);
    if (others.length > 0) open.push({ ...one, first, others });
  }
  return changed ? { ...at, open, seen } : at;
};

/** The next change by its timestamp; or a change that nobody saw, where somebody saw that there must have been one. */
const waysOn = (search: Search, at: Point): (() => Point)[] => {
  const next = search.entries[at.entries];
  const blamed = new Set<string>();
  for (const { first, others } of at.open) {
    for (const look of first === undefined ? (others ?? []) : []) {
      const match = look(at);
      if (match !== true) for (const id of match) blamed.add(id);
    }
  }
  const ways: (() => Point)[] = [];
  if (next?.operation !== undefined) {
    const { operation } = next;
    const { call, answer } = operation;
    const id = "id" in call ? call.id : "";
    const hasBegun = answer === undefined ? (search.invocations.get(operation) ?? 0) < at.begun : at.open.some((one) => one.operation === operation);
    if (!hasBegun) return hide(search, at, blamed);
    if (takesEffect(call, at.versions.get(id), answer?.status)) ways.push(() => change(at, { entries: at.entries + 1 }, operation, next.time));
    else blamed.add(id);
  } else if (next !== undefined) {
    const able = candidates(at).filter(({ operation: { call } }) => next.gone === undefined || (call.kind === "delete" && call.id === next.gone));
    for (const { operation } of able) ways.push(() => change(at, { entries: at.entries + 1 }, operation, next.time));
    if (next.gone !== undefined && able.length === 0) blamed.add(next.gone);
  }
  return [...ways, ...hide(search, at, blamed)];
};

/** Writes of unknown outcome that would take effect now: for each id and effect the one that can do so least often, and began first. */
const candidates = ({ doubtful, versions }: Point): Doubtful[] => {
  const best = new Map<string, Doubtful>();
  const free = ({ call }: Operation) => (call.kind === "delete" || call.kind === "put") && call.ifMatch === undefined && !("ifNoneMatch" in call);
  for (const one of doubtful) {
    const { call } = one.operation;
    if (!("id" in call) || !takesEffect(call, versions.get(call.id))) continue;
    const key = `${call.id} ${call.kind === "delete"}`;
    const known = best.get(key);
    if (known === undefined || (free(known.operation) && !free(one.operation))) best.set(key, one);
  }
  return [...best.values()];
};

/** Has an object appear or vanish at a time that nobody saw, after it was last seen otherwise. */
const hide = ({ entries, times }: Search, at: Point, ids: ReadonlySet<string>): (() => Point)[] => {
  if (ids.size === 0) return [];
  const before = entries[at.entries]?.time ?? Number.POSITIVE_INFINITY;
  return candidates(at).flatMap(({ operation, after }) => {
    const { call } = operation;
    if (!("id" in call) || !ids.has(call.id)) return [];
    const version = at.versions.get(call.id);
    // Overwriting is not what is looked for: the object is to appear or to vanish.
    if (call.kind === "put" && version !== undefined && !version.deleted) return [];
    let time = Math.max(after, at.seen.get(call.id) ?? 0) + 1;
    while (times.has(time) || at.hidden.has(time)) time++;
    return time < before ? [() => change(at, { hidden: new Set([...at.hidden, time]) }, operation, time)] : [];
  });
};

/** The list after an operation took effect. */
const change = (at: Point, moved: Partial<Point>, operation: Operation, time: number): Point => {
  const { call, answer } = operation;
  const id = "id" in call ? call.id : "";
  const version: Version = call.kind === "delete" ? { time, deleted: true } : { time, deleted: false, by: "by" in call ? call.by : undefined };
  return {
    ...at,
    ...moved,
    time: Math.max(at.time, time),
    versions: new Map([...at.versions, [id, version]]),
    seen: new Map([...at.seen, [id, Math.max(at.time, time)]]),
    open: answer === undefined ? at.open : at.open.filter((one) => one.operation !== operation),
    doubtful: at.doubtful.filter((one) => one.operation !== operation),
  };
};

const told = ({ entries }: Search, { time, versions, open, entries: placed, doubtful }: Point, what: string): string => {
  const next = entries[placed];
  return [
    `${what} these answers, the list being at ${time} with ${JSON.stringify(Object.fromEntries(versions))}:`,
    ...open.map(({ operation }) => `  ${worded(operation)}`),
    next === undefined ? "No change is to come." : `The next change is at ${next.time}: ${next.operation ? worded(next.operation) : (next.gone ?? "nobody's")}`,
    `Of unknown outcome: ${doubtful.map(({ operation }) => worded(operation)).join("; ") || "none"}.`,
  ].join("\n");
};
