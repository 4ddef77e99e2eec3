import { Failure } from "../errors.ts";
import type { Authorizer } from "../permissions/authorizer.ts";
import type { StoredObject } from "../ports/store.ts";
import type { ObjectRef } from "../resources.ts";
import { parseData } from "../store/view.ts";

/** `If-Match` and `If-None-Match`: the timestamps in ms that match, or `*` for any state. */
export interface Preconditions {
  /** An empty list matches no state. */
  readonly ifMatch?: readonly number[] | "*" | undefined;
  readonly ifNoneMatch?: readonly number[] | "*" | undefined;
}

/** The client has the current state (304). */
export interface NotModified {
  readonly notModified: true;
  readonly timestamp: number;
}

/** Whether the client has the state with this timestamp (304). */
export const isNotModified = ({ ifNoneMatch }: Preconditions, timestamp: number): boolean =>
  ifNoneMatch !== undefined && ifNoneMatch !== "*" && ifNoneMatch.includes(timestamp);

const isMismatch = (ifMatch: Preconditions["ifMatch"], timestamp: number): boolean =>
  ifMatch !== undefined && ifMatch !== "*" && !ifMatch.includes(timestamp);

/** Throws 412 when the list is in another state than the client expects. A list always exists. */
export const checkListPreconditions = ({ ifMatch, ifNoneMatch }: Preconditions, timestamp: number): void => {
  if (ifNoneMatch === "*" || isMismatch(ifMatch, timestamp)) throw new Failure("MODIFIED_MEANWHILE", { timestamp });
};

/** The state that the preconditions of a request to an object apply to. */
export interface ObjectState {
  readonly ref: ObjectRef;
  /** `undefined` when it does not exist. */
  readonly object: StoredObject | undefined;
  /** The timestamp of its list in ms. */
  readonly listTimestamp: number;
  /** Returns the object as the user sees it, or `undefined` if it is refused. As it is stored when absent. */
  readonly show?: ((object: StoredObject) => Promise<StoredObject | undefined>) | undefined;
}

/**
 * Throws 412 when the object, or the list of a missing object, is in another state than the client expects. The failure
 * shows the object to users who may read it, and only that it exists to users who may create it.
 */
export const checkObjectPreconditions = async (
  authorizer: Authorizer,
  { ifMatch, ifNoneMatch }: Preconditions,
  { ref, object, listTimestamp, show }: ObjectState,
): Promise<void> => {
  if (object === undefined) {
    if (ifMatch !== undefined) throw new Failure("MODIFIED_MEANWHILE", { timestamp: listTimestamp });
    return;
  }
  if (ifNoneMatch !== "*" && !isMismatch(ifMatch, object.last_modified)) return;
  if (!(await authorizer.can("read:attributes", ref))) throw new Failure("MODIFIED_MEANWHILE");
  const visible = show === undefined ? object : await show(object);
  throw new Failure("MODIFIED_MEANWHILE", {
    timestamp: object.last_modified,
    ...(visible && { details: { existing: parseData(visible) } }),
  });
};
