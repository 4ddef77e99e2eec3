import { type Effect, isPoison, LISTENERS, type ListenerName, toRecordId } from "./plugin.ts";
import type { Written } from "./writes.ts";

/** The state at the end of a run. */
export interface Outcome {
  /** Acknowledged changes in the bucket that all listeners receive: those of the clients and of `echo`. */
  readonly written: readonly Written[];
  readonly echoes: ReadonlySet<string>;
  /** Effects outside of the store, in order. */
  readonly effects: readonly Effect[];
  /** Ids of records that `kept` and `echo` created. */
  readonly kept: readonly string[];
  readonly echoed: readonly string[];
  /** Dead-lettered events by listener. */
  readonly deadLetters: Readonly<Record<ListenerName, readonly string[]>>;
  /** Ids of killed processes. */
  readonly killed: ReadonlySet<number>;
}

export interface Row {
  readonly listener: ListenerName;
  /** Events that match the listener, without its poison. */
  readonly expected: number;
  readonly had: number;
  /** Repeated effects, whose worker was killed after the effect and before it was recorded. */
  readonly repeated: number;
  readonly poisoned: number;
  readonly deadLettered: number;
}

/** Compares the outcome with the guarantees. Returns the violations, each with an event id, and the numbers. */
export const checkOutcome = (
  outcome: Outcome,
): { readonly problems: readonly string[]; readonly rows: readonly Row[] } => {
  const problems: string[] = [];
  const rows = LISTENERS.map((listener): Row => {
    const matching = outcome.written.filter(
      ({ id, created }) => listener !== "echo" || (created && !outcome.echoes.has(id)),
    );
    const poisoned = new Set(matching.filter(({ uri }) => isPoison(listener, uri)).map(({ id }) => id));
    const expected = new Set(matching.map(({ id }) => id).filter((id) => !poisoned.has(id)));
    const { had, repeated, violations } = checkListener(listener, outcome, expected);
    const deadLetters = outcome.deadLetters[listener];
    problems.push(
      ...violations.map((violation) => `${listener}: ${violation}`),
      ...[...poisoned]
        .filter((id) => !deadLetters.includes(id))
        .map((id) => `${listener}: ${id} is poison and was not dead-lettered`),
      ...deadLetters
        .filter((id) => !poisoned.has(id))
        .map((id) => `${listener}: ${id} was dead-lettered and is not poison`),
    );
    return {
      listener,
      expected: expected.size,
      had,
      repeated,
      poisoned: poisoned.size,
      deadLettered: deadLetters.length,
    };
  });
  return { problems, rows };
};

interface EffectCheck {
  readonly had: number;
  readonly repeated: number;
  readonly violations: readonly string[];
}

const checkListener = (listener: ListenerName, outcome: Outcome, expected: ReadonlySet<string>): EffectCheck => {
  if (listener === "kept") return checkRecords(outcome.kept, expected);
  if (listener === "echo") return checkRecords(outcome.echoed, expected);
  return checkEffects(
    outcome.effects.filter((effect) => effect.listener === listener),
    expected,
    outcome.killed,
    listener === "ordered",
  );
};

/** Effects that are records: each expected one exactly once. */
const checkRecords = (ids: readonly string[], expected: ReadonlySet<string>): EffectCheck => {
  const wanted = new Map([...expected].map((id) => [toRecordId(id), id]));
  const there = new Set(ids);
  const violations = [
    ...[...wanted].filter(([key]) => !there.has(key)).map(([, id]) => `${id} has no effect`),
    ...ids.filter((key) => !wanted.has(key)).map((key) => `the record ${key} belongs to no change`),
    ...(ids.length > there.size ? ["a record exists twice"] : []),
  ];
  return { had: there.size, repeated: 0, violations };
};

/**
 * Effects outside of the store: each expected one; repeated only after its worker was killed; in the order of
 * their object if `ordered`.
 */
const checkEffects = (
  effects: readonly Effect[],
  expected: ReadonlySet<string>,
  killed: ReadonlySet<number>,
  ordered: boolean,
): EffectCheck => {
  const last = new Map<string, Effect>();
  const latest = new Map<string, number>();
  const violations: string[] = [];
  let repeated = 0;
  for (const effect of effects) {
    const { id, uri, timestamp } = effect;
    const before = last.get(id);
    last.set(id, effect);
    if (before !== undefined) {
      if (killed.has(before.pid)) repeated++;
      else violations.push(`${id} has a repeated effect, and its worker was not killed`);
      continue;
    }
    if (!expected.has(id)) violations.push(`${id} has an effect, but is no change or poison`);
    if (ordered && timestamp <= (latest.get(uri) ?? 0))
      violations.push(`${id} has its effect after a later change (${latest.get(uri)})`);
    latest.set(uri, Math.max(timestamp, latest.get(uri) ?? 0));
  }
  return {
    had: last.size,
    repeated,
    violations: [...violations, ...[...expected].filter((id) => !last.has(id)).map((id) => `${id} has no effect`)],
  };
};
