import type { Call, CallResult, Operation, RecordState } from "./history.ts";

/** A record or tombstone. `by` is absent from tombstones. */
export interface Version {
  readonly time: number;
  readonly by?: string | undefined;
  readonly deleted: boolean;
}

/** The state of a list: its timestamp, and its records and tombstones by id. */
export interface ListState {
  readonly time: number;
  readonly versions: ReadonlyMap<string, Version>;
}

/** Whether a state is consistent with a response. */
export type StatePredicate = (state: ListState) => boolean;

/**
 * How a list is read: as a snapshot; or first its timestamp, then its records and its tombstones, each at some later
 * time. A client that polls by timestamp misses no change in both cases.
 */
export type ListReading = "snapshot" | "timestamp first";

/** The states that a response is consistent with. `first` comes before or with the `others`, which have no order. */
export interface Observation {
  readonly first?: StatePredicate;
  readonly others: readonly StatePredicate[];
}

const exists = (version: Version | undefined): boolean => version !== undefined && !version.deleted;

const hasRecord = (expected: RecordState, { versions }: ListState): boolean => {
  const version = versions.get(expected.id);
  return (
    version?.time === expected.last_modified &&
    version.by === expected.by &&
    version.deleted === (expected.deleted ?? false)
  );
};

/** Whether the call takes effect in this state; with a status, whether it also has this status. */
export const takesEffect = (call: Call, before: Version | undefined, status?: number): boolean => {
  switch (call.kind) {
    case "create":
      return !exists(before);
    case "put": {
      if (call.ifNoneMatch === "*" && exists(before)) return false;
      if (call.ifMatch !== undefined && !(exists(before) && before?.time === call.ifMatch)) return false;
      return status === undefined || status === (exists(before) ? 200 : 201);
    }
    case "delete":
      return exists(before) && (call.ifMatch === undefined || before?.time === call.ifMatch);
    default:
      return false;
  }
};

const timeIs =
  (etag: number | undefined): StatePredicate =>
  ({ time }) =>
    time === etag;

const absent =
  (id: string): StatePredicate =>
  ({ versions }) =>
    !exists(versions.get(id));

const objectIs =
  (expected: RecordState): StatePredicate =>
  (state) =>
    hasRecord(expected, state);

/** The records or tombstones that changed since a time are exactly these. */
const changesAre =
  (kind: "records" | "tombstones", expected: readonly RecordState[], since: number): StatePredicate =>
  (state) => {
    const count = [...state.versions.values()].filter(
      ({ deleted, time }) => deleted === (kind === "tombstones") && time > since,
    ).length;
    return count === expected.length && expected.every((one) => hasRecord(one, state));
  };

const all =
  (predicates: readonly StatePredicate[]): StatePredicate =>
  (state) =>
    predicates.every((predicate) => predicate(state));

/** Converts the response of a call without effect to predicates; `undefined` when the protocol does not allow it. */
export const toObservation = (call: Call, result: CallResult, lists: ListReading): Observation | undefined => {
  const { first, others } = toPredicates(call, result) ?? {};
  if (others === undefined) return undefined;
  if (lists === "snapshot") return { others: [all([...(first ? [first] : []), ...others])] };
  return { others, ...(first && { first }) };
};

const toPredicates = (call: Call, { status, etag, object, entries }: CallResult): Observation | undefined => {
  if (call.kind === "list") {
    if (status === 304) return call.ifNoneMatch === etag ? { others: [timeIs(etag)] } : undefined;
    if (status !== 200 || entries === undefined || call.ifNoneMatch === etag || !isSorted(entries)) return undefined;
    const since = call.since ?? -1;
    const [records, tombstones] = [
      entries.filter(({ deleted }) => deleted !== true),
      entries.filter(({ deleted }) => deleted === true),
    ];
    if (call.since === undefined && tombstones.length > 0) return undefined;
    return {
      first: timeIs(etag),
      others: [
        changesAre("records", records, since),
        ...(call.since === undefined ? [] : [changesAre("tombstones", tombstones, since)]),
      ],
    };
  }
  const { id } = call;
  if (object !== undefined && (object.id !== id || object.last_modified !== etag || object.deleted === true))
    return undefined;
  const conditional = "ifMatch" in call && call.ifMatch !== undefined;
  switch (status) {
    case 200:
      return object && (call.kind === "create" || (call.kind === "get" && call.ifNoneMatch !== etag))
        ? { others: [objectIs(object)] }
        : undefined;
    case 304:
      return call.kind === "get" && call.ifNoneMatch === etag ? { others: [stillAt(id, etag)] } : undefined;
    case 404:
      return call.kind === "get" || call.kind === "delete" ? { others: [absent(id)] } : undefined;
    case 412:
      if (object !== undefined) {
        const refuses = (conditional && call.ifMatch !== etag) || ("ifNoneMatch" in call && call.kind === "put");
        return refuses ? { others: [objectIs(object)] } : undefined;
      }
      return conditional && call.kind === "put" ? { others: [absent(id), timeIs(etag)] } : undefined;
    default:
      return undefined;
  }
};

const stillAt =
  (id: string, etag: number | undefined): StatePredicate =>
  ({ versions }) => {
    const version = versions.get(id);
    return exists(version) && version?.time === etag;
  };

/** Newest first. A record may occur with its tombstone when it was deleted while the list was read. */
const isSorted = (entries: readonly RecordState[]): boolean =>
  entries.every(
    ({ last_modified }, index) => index === 0 || (entries[index - 1] as RecordState).last_modified > last_modified,
  );

/** Whether the response of a write is allowed by the protocol. */
export const isValidWriteResult = ({ call, answer }: Operation): boolean => {
  if (answer?.object === undefined || !("id" in call)) return false;
  const { id, last_modified, by, deleted } = answer.object;
  if (id !== call.id || last_modified !== answer.etag) return false;
  return call.kind === "delete"
    ? deleted === true && by === undefined
    : "by" in call && by === call.by && deleted === undefined;
};
