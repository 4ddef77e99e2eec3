import { type Call, isWrite, type Operation, type Shown, worded, written } from "./history.ts";
import {
  isSound,
  type ListReading,
  type ListState,
  type Look,
  type Reading,
  readingOf,
  takesEffect,
} from "./list-state.ts";

/** What the store tells of itself: a change of the list, at the time that it has there. A tombstone when deleted. */
export type Change = Shown;

/** What there was to be explained, and the states that the list went through, before the first change and after each. */
interface Order {
  readonly changes: readonly Change[];
  readonly states: readonly ListState[];
}

/**
 * Looks for an order of the operations on one list that respects real time and explains every answer. The changes have the order
 * of their timestamps, as the store tells of them; each must be an operation's, and what was never answered may have made one at
 * any time after its invocation. Reads find their places between them. Answers with `undefined`, or with words about what can't be
 * explained.
 *
 * Every read is given the earliest place that is left to it: so nothing that comes later has less room than in any other order.
 * @param start the list's timestamp before the history, when it was empty
 */
export const unexplained = (
  history: readonly Operation[],
  told: readonly Change[],
  { start, lists }: { start: number; lists: ListReading },
): string | undefined => {
  const operations = history.toSorted((a, b) => a.invoked - b.invoked);
  const changes = told.toSorted((a, b) => a.last_modified - b.last_modified);
  const twice = changes.find(({ last_modified: time }, place) => time <= (changes[place - 1]?.last_modified ?? start));
  if (twice !== undefined)
    return `The time of a change is the list's at the beginning, or another's: ${JSON.stringify(twice)}`;
  const order: Order = { changes, states: statesOf(changes, start) };
  const made = changesBy(operations, changes);

  const answered = operations.flatMap((operation) =>
    operation.answer === undefined ? [] : [{ operation, at: operation.answer.answered }],
  );
  const ended = answered.toSorted((a, b) => a.at - b.at).values();
  let end = ended.next().value;
  let after = 0;
  const places = new Map<Operation, number>();
  const unanswered: Doubtful[] = [];
  for (const operation of operations) {
    const { call, answer, invoked } = operation;
    // What was answered before this was called is before it, too.
    for (; end !== undefined && end.at < invoked; end = ended.next().value)
      after = Math.max(after, places.get(end.operation) ?? 0);
    const place = made.get(operation);
    if (answer === undefined) {
      if (place === undefined && isWrite(call)) unanswered.push({ operation, after });
      if (place !== undefined && !isChange(order, call, place, after))
        return flaw(order, operation, after, "was carried out where it can't have been");
      continue;
    }
    const last =
      written(operation) === undefined
        ? placeOfRead(order, operation, after, lists)
        : placeOfWrite(order, operation, after, place);
    if (typeof last === "string") return flaw(order, operation, after, last);
    if (written(operation) === undefined && place !== undefined)
      return flaw(order, operation, after, "was refused, and carried out");
    places.set(operation, last);
  }
  return unowned(order, new Set(made.values()), unanswered);
};

interface Doubtful {
  readonly operation: Operation;
  /** The number of changes that were certainly made before it. */
  readonly after: number;
}

const statesOf = (changes: readonly Change[], start: number): readonly ListState[] => {
  const states: ListState[] = [{ time: start, versions: new Map() }];
  for (const { id, by, deleted = false, last_modified: time } of changes) {
    const { versions } = states.at(-1) as ListState;
    states.push({ time, versions: new Map([...versions, [id, { time, deleted, by }]]) });
  }
  return states;
};

/** Whose changes they are, as far as what they wrote or what they were told says so. */
const changesBy = (operations: readonly Operation[], changes: readonly Change[]): ReadonlyMap<Operation, number> => {
  const writers = new Map(
    operations.flatMap((operation) =>
      "by" in operation.call ? [[`${operation.call.id} ${operation.call.by}`, operation] as const] : [],
    ),
  );
  const deleters = new Map(
    operations.flatMap((operation) =>
      operation.call.kind === "delete" && written(operation) ? [[operation.answer?.etag, operation] as const] : [],
    ),
  );
  const made = new Map<Operation, number>();
  for (const [place, { id, by, deleted, last_modified }] of changes.entries()) {
    const operation = deleted ? deleters.get(last_modified) : writers.get(`${id} ${by}`);
    // A second change of the same operation is nobody's.
    if (operation !== undefined && "id" in operation.call && operation.call.id === id && !made.has(operation))
      made.set(operation, place);
  }
  return made;
};

/** Whether the call can have made this change, some others having been made before it was invoked. */
const isChange = ({ changes, states }: Order, call: Call, place: number, after: number, status?: number): boolean => {
  const { id } = changes[place] as Change;
  return place >= after && takesEffect(call, states[place]?.versions.get(id), status);
};

const placeOfWrite = (
  order: Order,
  operation: Operation,
  after: number,
  place: number | undefined,
): number | string => {
  const { call, answer } = operation;
  if (!isSound(operation)) return "was answered as nothing of this protocol is";
  if (place === undefined || order.changes[place]?.last_modified !== answer?.etag)
    return "was answered, and no such change was made";
  return isChange(order, call, place, after, answer?.status) ? place + 1 : "was carried out where it can't have been";
};

/** How many changes had been made at the last moment that the answer shows. */
const placeOfRead = (order: Order, { call, answer }: Operation, after: number, lists: ListReading): number | string => {
  const reading: Reading | undefined = answer && readingOf(call, answer, lists);
  if (reading === undefined) return "was answered as nothing of this protocol is";
  const first = reading.first === undefined ? after : placeOf(order, reading.first, after);
  const places = first === -1 ? [-1] : [first, ...reading.others.map((look) => placeOf(order, look, first))];
  return places.includes(-1) ? "shows what was at no moment that is left to it" : Math.max(...places);
};

const placeOf = ({ states }: Order, look: Look, after: number): number =>
  states.findIndex((state, place) => place >= after && look(state));

/** The first change that nobody can have made. Only deletions do not tell who made them. */
const unowned = (order: Order, owned: ReadonlySet<number>, unanswered: readonly Doubtful[]): string | undefined => {
  const left = new Set(unanswered);
  for (const [place, change] of order.changes.entries()) {
    if (owned.has(place)) continue;
    const able = [...left].filter(
      ({ operation: { call }, after }) =>
        call.kind === "delete" && call.id === change.id && isChange(order, call, place, after),
    );
    // One that could delete nothing else, if there is one.
    const one = change.deleted
      ? (able.find(({ operation: { call } }) => "ifMatch" in call && call.ifMatch !== undefined) ?? able[0])
      : undefined;
    if (one === undefined) return `Nobody made this change, or made it twice: ${JSON.stringify(change)}`;
    left.delete(one);
  }
  return undefined;
};

const flaw = ({ changes }: Order, operation: Operation, after: number, what: string): string => {
  const around = changes.slice(Math.max(0, after - 5), after + 20).map((change) => `  ${JSON.stringify(change)}`);
  return [
    `This ${what}: ${worded(operation)}`,
    `It comes after ${after} changes; these are those around:`,
    ...around,
  ].join("\n");
};
