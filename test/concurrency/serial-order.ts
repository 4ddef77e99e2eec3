import { type Call, formatOperation, isWrite, type Operation, type RecordState, written } from "./history.ts";
import {
  isValidWriteResult,
  type ListReading,
  type ListState,
  type Observation,
  type StatePredicate,
  takesEffect,
  toObservation,
} from "./list-state.ts";

/** A change of the list, from the table's stream. A tombstone when deleted. */
export type Change = RecordState;

/** All changes, and the states of the list before the first change and after each. */
interface Order {
  readonly changes: readonly Change[];
  readonly states: readonly ListState[];
}

/**
 * Looks for an order of the operations on one list that respects real time and is consistent with every response.
 * Changes are ordered by their timestamps. Each must belong to an operation; an operation without a response may have
 * made one at any time after its start. Every read gets the earliest possible position, which never restricts later
 * operations more than any other order would.
 * @returns a description of the first inconsistency, or `undefined`
 * @param start the list's timestamp before the history, when it was empty
 */
export const findInconsistency = (
  history: readonly Operation[],
  recorded: readonly Change[],
  { start, lists }: { start: number; lists: ListReading },
): string | undefined => {
  const operations = history.toSorted((a, b) => a.invoked - b.invoked);
  const changes = recorded.toSorted((a, b) => a.last_modified - b.last_modified);
  const repeated = changes.find(
    ({ last_modified: time }, index) => time <= (changes[index - 1]?.last_modified ?? start),
  );
  if (repeated !== undefined)
    return `A change has the timestamp of the list's start or of another change: ${JSON.stringify(repeated)}`;
  const order: Order = { changes, states: toStates(changes, start) };
  const matched = matchChanges(operations, changes);

  const answered = operations.flatMap((operation) =>
    operation.answer === undefined ? [] : [{ operation, at: operation.answer.answered }],
  );
  const ended = answered.toSorted((a, b) => a.at - b.at).values();
  let end = ended.next().value;
  let after = 0;
  const positions = new Map<Operation, number>();
  const unanswered: UnansweredWrite[] = [];
  for (const operation of operations) {
    const { call, answer, invoked } = operation;
    // Operations that returned before this one started are before it.
    for (; end !== undefined && end.at < invoked; end = ended.next().value)
      after = Math.max(after, positions.get(end.operation) ?? 0);
    const index = matched.get(operation);
    if (answer === undefined) {
      if (index === undefined && isWrite(call)) unanswered.push({ operation, after });
      if (index !== undefined && !isChange(order, call, index, after))
        return describeInconsistency(order, operation, after, "took effect at an impossible position");
      continue;
    }
    const last =
      written(operation) === undefined
        ? positionOfRead(order, operation, after, lists)
        : positionOfWrite(order, operation, after, index);
    if (typeof last === "string") return describeInconsistency(order, operation, after, last);
    if (written(operation) === undefined && index !== undefined)
      return describeInconsistency(order, operation, after, "was rejected, but took effect");
    positions.set(operation, last);
  }
  return findUnmatchedChange(order, new Set(matched.values()), unanswered);
};

interface UnansweredWrite {
  readonly operation: Operation;
  /** The number of changes that are certainly before it. */
  readonly after: number;
}

const toStates = (changes: readonly Change[], start: number): readonly ListState[] => {
  const states: ListState[] = [{ time: start, versions: new Map() }];
  for (const { id, by, deleted = false, last_modified: time } of changes) {
    const { versions } = states.at(-1) as ListState;
    states.push({ time, versions: new Map([...versions, [id, { time, deleted, by }]]) });
  }
  return states;
};

/** Finds the operations of changes by their values, or by the responses of deletions. */
const matchChanges = (operations: readonly Operation[], changes: readonly Change[]): ReadonlyMap<Operation, number> => {
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
  const matched = new Map<Operation, number>();
  for (const [index, { id, by, deleted, last_modified }] of changes.entries()) {
    const operation = deleted ? deleters.get(last_modified) : writers.get(`${id} ${by}`);
    // A second change of the same operation does not match.
    if (operation !== undefined && "id" in operation.call && operation.call.id === id && !matched.has(operation))
      matched.set(operation, index);
  }
  return matched;
};

/** Whether the call can have made this change after the given number of changes. */
const isChange = ({ changes, states }: Order, call: Call, index: number, after: number, status?: number): boolean => {
  const { id } = changes[index] as Change;
  return index >= after && takesEffect(call, states[index]?.versions.get(id), status);
};

const positionOfWrite = (
  order: Order,
  operation: Operation,
  after: number,
  index: number | undefined,
): number | string => {
  const { call, answer } = operation;
  if (!isValidWriteResult(operation)) return "has a response that the protocol does not allow";
  if (index === undefined || order.changes[index]?.last_modified !== answer?.etag)
    return "has a success response, but there is no such change";
  return isChange(order, call, index, after, answer?.status) ? index + 1 : "took effect at an impossible position";
};

/** Returns the number of changes before the last state that the response contains. */
const positionOfRead = (
  order: Order,
  { call, answer }: Operation,
  after: number,
  lists: ListReading,
): number | string => {
  const reading: Observation | undefined = answer && toObservation(call, answer, lists);
  if (reading === undefined) return "has a response that the protocol does not allow";
  const first = reading.first === undefined ? after : findPosition(order, reading.first, after);
  const positions =
    first === -1 ? [-1] : [first, ...reading.others.map((matches) => findPosition(order, matches, first))];
  return positions.includes(-1)
    ? "returned a state that the list never had at a possible position"
    : Math.max(...positions);
};

const findPosition = ({ states }: Order, matches: StatePredicate, after: number): number =>
  states.findIndex((state, index) => index >= after && matches(state));

/**
 * Finds the first change that no operation can have made. Only deletions have no value that identifies their operation.
 */
const findUnmatchedChange = (
  order: Order,
  matched: ReadonlySet<number>,
  unanswered: readonly UnansweredWrite[],
): string | undefined => {
  const left = new Set(unanswered);
  for (const [index, change] of order.changes.entries()) {
    if (matched.has(index)) continue;
    const candidates = [...left].filter(
      ({ operation: { call }, after }) =>
        call.kind === "delete" && call.id === change.id && isChange(order, call, index, after),
    );
    // Prefer a conditional deletion, which can match no other change.
    const match = change.deleted
      ? (candidates.find(({ operation: { call } }) => "ifMatch" in call && call.ifMatch !== undefined) ?? candidates[0])
      : undefined;
    if (match === undefined) return `No operation made this change, or one made it twice: ${JSON.stringify(change)}`;
    left.delete(match);
  }
  return undefined;
};

const describeInconsistency = ({ changes }: Order, operation: Operation, after: number, what: string): string => {
  const nearby = changes.slice(Math.max(0, after - 5), after + 20).map((change) => `  ${JSON.stringify(change)}`);
  return [
    `This ${what}: ${formatOperation(operation)}`,
    `It is after ${after} changes. Nearby changes:`,
    ...nearby,
  ].join("\n");
};
