import { type Effect, isPoison, keyOf, LISTENERS, type ListenerName } from "./plugin.ts";
import type { Written } from "./writes.ts";

/** What is there in the end. */
export interface Outcome {
  /** Changes that were acknowledged, in the bucket that all listeners hear of: the clients' and those that `echo` made. */
  readonly written: readonly Written[];
  readonly echoes: ReadonlySet<string>;
  /** Effects outside of the store, in their order. */
  readonly effects: readonly Effect[];
  /** The ids of records in the store that `kept` and `echo` made. */
  readonly kept: readonly string[];
  readonly echoed: readonly string[];
  /** Events by the listener that they are parked for. */
  readonly dead: Readonly<Record<ListenerName, readonly string[]>>;
  /** Processes that were killed. */
  readonly killed: ReadonlySet<number>;
}

export interface Row {
  readonly listener: ListenerName;
  /** Events that it hears of, less those that are poison to it. */
  readonly expected: number;
  readonly had: number;
  /** Effects that came again, as their worker was killed between the effect and the note that it is there. */
  readonly repeated: number;
  readonly poisoned: number;
  readonly parked: number;
}

/** What was promised and is not so, each with an event's id; and what there is, in numbers. */
export const judge = (outcome: Outcome): { readonly problems: readonly string[]; readonly rows: readonly Row[] } => {
  const problems: string[] = [];
  const rows = LISTENERS.map((listener): Row => {
    const heard = outcome.written.filter(
      ({ id, created }) => listener !== "echo" || (created && !outcome.echoes.has(id)),
    );
    const poisoned = new Set(heard.filter(({ uri }) => isPoison(listener, uri)).map(({ id }) => id));
    const expected = new Set(heard.map(({ id }) => id).filter((id) => !poisoned.has(id)));
    const { had, repeated, flaws } = effectsOf(listener, outcome, expected);
    const parked = outcome.dead[listener];
    problems.push(
      ...flaws.map((flaw) => `${listener}: ${flaw}`),
      ...[...poisoned]
        .filter((id) => !parked.includes(id))
        .map((id) => `${listener}: ${id} is poison, and is not parked`),
      ...parked.filter((id) => !poisoned.has(id)).map((id) => `${listener}: ${id} is parked, and is no poison`),
    );
    return { listener, expected: expected.size, had, repeated, poisoned: poisoned.size, parked: parked.length };
  });
  return { problems, rows };
};

interface Judged {
  readonly had: number;
  readonly repeated: number;
  readonly flaws: readonly string[];
}

const effectsOf = (listener: ListenerName, outcome: Outcome, expected: ReadonlySet<string>): Judged => {
  if (listener === "kept") return inStore(outcome.kept, expected);
  if (listener === "echo") return inStore(outcome.echoed, expected);
  return outside(
    outcome.effects.filter((effect) => effect.listener === listener),
    expected,
    outcome.killed,
    listener === "ordered",
  );
};

/** Effects that are records: each once, none lacking, none else. */
const inStore = (ids: readonly string[], expected: ReadonlySet<string>): Judged => {
  const wanted = new Map([...expected].map((id) => [keyOf(id), id]));
  const there = new Set(ids);
  const flaws = [
    ...[...wanted].filter(([key]) => !there.has(key)).map(([, id]) => `${id} has no effect`),
    ...ids.filter((key) => !wanted.has(key)).map((key) => `the record ${key} is the effect of no change`),
    ...(ids.length > there.size ? ["a record is there twice"] : []),
  ];
  return { had: there.size, repeated: 0, flaws };
};

/** Effects that the store knows nothing of: none lacking; again only where whoever had it before was killed; the first ones in their object's order. */
const outside = (
  effects: readonly Effect[],
  expected: ReadonlySet<string>,
  killed: ReadonlySet<number>,
  ordered: boolean,
): Judged => {
  const last = new Map<string, Effect>();
  const latest = new Map<string, number>();
  const flaws: string[] = [];
  let repeated = 0;
  for (const effect of effects) {
    const { id, uri, timestamp } = effect;
    const before = last.get(id);
    last.set(id, effect);
    if (before !== undefined) {
      if (killed.has(before.pid)) repeated++;
      else flaws.push(`${id} has an effect again, and whoever had it before was not killed`);
      continue;
    }
    if (!expected.has(id)) flaws.push(`${id} has an effect, and is no change, or poison`);
    if (ordered && timestamp <= (latest.get(uri) ?? 0))
      flaws.push(`${id} has its effect after that of a later change (${latest.get(uri)})`);
    latest.set(uri, Math.max(timestamp, latest.get(uri) ?? 0));
  }
  return {
    had: last.size,
    repeated,
    flaws: [...flaws, ...[...expected].filter((id) => !last.has(id)).map((id) => `${id} has no effect`)],
  };
};
