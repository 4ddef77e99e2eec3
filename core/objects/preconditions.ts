import { Failure } from "../errors.ts";
import type { Stored } from "../ports/store.ts";
import { dataOf } from "../store/view.ts";

/** `If-Match` and `If-None-Match`: a timestamp in ms, or `*` for "whatever is there". */
export interface Preconditions {
  readonly ifMatch?: number | "*" | undefined;
  readonly ifNoneMatch?: number | "*" | undefined;
}

/** Whether a reader has the present state already (304). */
export const isFresh = ({ ifNoneMatch }: Preconditions, timestamp: number): boolean => ifNoneMatch === timestamp;

/** Refuses (412) what was meant for another state of the object, or of the list where there is no object. */
export const checkObject = (
  { ifMatch, ifNoneMatch }: Preconditions,
  object: Stored | undefined,
  listTimestamp: number,
): void => {
  const refused =
    object === undefined
      ? ifMatch !== undefined
      : ifNoneMatch === "*" || (typeof ifMatch === "number" && ifMatch !== object.last_modified);
  if (refused) {
    throw new Failure("MODIFIED_MEANWHILE", {
      timestamp: object?.last_modified ?? listTimestamp,
      ...(object && { details: { existing: dataOf(object) } }),
    });
  }
};

/** Refuses (412) what was meant for another state of the list. A list always exists. */
export const checkList = ({ ifMatch, ifNoneMatch }: Preconditions, timestamp: number): void => {
  if (ifNoneMatch === "*" || (typeof ifMatch === "number" && ifMatch !== timestamp))
    throw new Failure("MODIFIED_MEANWHILE", { timestamp });
};
