import type { Call, Operation, Shown, Told } from "./history.ts";

/** What stands at an id. `by` is absent from tombstones. */
export interface Version {
  readonly time: number;
  readonly by?: string | undefined;
  readonly deleted: boolean;
}

/** A list at one moment: its timestamp, and its records and tombstones by id. */
export interface ListState {
  readonly time: number;
  readonly versions: ReadonlyMap<string, Version>;
}

/** Whether a state is the one that was shown. */
export type Look = (state: ListState) => boolean;

/**
 * How a list is read: all of it at one moment; or its timestamp first, then its records and its tombstones, each at some
 * moment afterwards. A client that follows a list by its timestamps misses nothing either way.
 */
export type ListReading = "at one moment" | "timestamp first";

/** What an answer that changed nothing shows. `first` was seen no later than any of the `others`, which have no order. */
export interface Reading {
  readonly first?: Look;
  readonly others: readonly Look[];
}

const present = (version: Version | undefined): boolean => version !== undefined && !version.deleted;

const isThere = (shown: Shown, { versions }: ListState): boolean => {
  const version = versions.get(shown.id);
  return (
    version?.time === shown.last_modified && version.by === shown.by && version.deleted === (shown.deleted ?? false)
  );
};

/** Whether the call is carried out in this state; with a status, whether it is answered so. */
export const takesEffect = (call: Call, before: Version | undefined, status?: number): boolean => {
  switch (call.kind) {
    case "create":
      return !present(before);
    case "put": {
      if (call.ifNoneMatch === "*" && present(before)) return false;
      if (call.ifMatch !== undefined && !(present(before) && before?.time === call.ifMatch)) return false;
      return status === undefined || status === (present(before) ? 200 : 201);
    }
    case "delete":
      return present(before) && (call.ifMatch === undefined || before?.time === call.ifMatch);
    default:
      return false;
  }
};

const timeIs =
  (etag: number | undefined): Look =>
  ({ time }) =>
    time === etag;

const absent =
  (id: string): Look =>
  ({ versions }) =>
    !present(versions.get(id));

const objectIs =
  (shown: Shown): Look =>
  (state) =>
    isThere(shown, state);

/** The records, or the tombstones, changed since are those shown, and no others. */
const changesAre =
  (kind: "records" | "tombstones", shown: readonly Shown[], since: number): Look =>
  (state) => {
    const there = [...state.versions.values()].filter(
      ({ deleted, time }) => deleted === (kind === "tombstones") && time > since,
    ).length;
    return there === shown.length && shown.every((one) => isThere(one, state));
  };

const all =
  (looks: readonly Look[]): Look =>
  (state) =>
    looks.every((look) => look(state));

/** What the answer of a call that changed nothing says about the list; `undefined` when no answer of this protocol is like it. */
export const readingOf = (call: Call, told: Told, lists: ListReading): Reading | undefined => {
  const { first, others } = looksOf(call, told) ?? {};
  if (others === undefined) return undefined;
  if (lists === "at one moment") return { others: [all([...(first ? [first] : []), ...others])] };
  return { others, ...(first && { first }) };
};

const looksOf = (call: Call, { status, etag, object, entries }: Told): Reading | undefined => {
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
  (id: string, etag: number | undefined): Look =>
  ({ versions }) => {
    const version = versions.get(id);
    return present(version) && version?.time === etag;
  };

/** Newest first; a record may stand beside the tombstone that took its place while the list was read. */
const isSorted = (entries: readonly Shown[]): boolean =>
  entries.every(
    ({ last_modified }, place) => place === 0 || (entries[place - 1] as Shown).last_modified > last_modified,
  );

/** Whether a write's answer is in itself what the protocol answers. */
export const isSound = ({ call, answer }: Operation): boolean => {
  if (answer?.object === undefined || !("id" in call)) return false;
  const { id, last_modified, by, deleted } = answer.object;
  if (id !== call.id || last_modified !== answer.etag) return false;
  return call.kind === "delete"
    ? deleted === true && by === undefined
    : "by" in call && by === call.by && deleted === undefined;
};
