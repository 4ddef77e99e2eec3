import { Failure } from "../../core/errors.ts";
import type { ListQuery } from "../../core/lists/list-query.ts";
import {
  deleteObjectsPlan,
  deleteSelectedObjects,
  type ObjectsToDelete,
  selectObjectsToDelete,
} from "../../core/objects/delete-objects.ts";
import type { SelectionCursor } from "../../core/objects/select.ts";
import type { StoredObject } from "../../core/ports/store.ts";
import { type ListRef, objectRef } from "../../core/resources.ts";
import { transact } from "../../core/store/transact.ts";
import { type HttpResponse, httpResponse, timestampHeaders } from "../http/response.ts";
import { deprecationAlert, formatEntries, listRequest, scopeOf } from "./list-request.ts";
import { nextPageHeader } from "./paging.ts";
import type { ApiCall } from "./routes.ts";

/** A deletion writes the object's item and one index item for each principal that it is shared with. */
const MAX_OBJECTS_PER_TRANSACTION = 20;
/** No further transaction begins when less than this is left of the request's time. */
const MIN_TRANSACTION_MS = 5000;

/** DELETE of a list in a batch: one transaction with the rest of the batch. */
export const deleteListInBatch = async (call: ApiCall, list: ListRef): Promise<HttpResponse> => {
  const { query, ...request } = listRequest(call, list);
  const input = { list, user: call.user, budget: call.budget, ...request };
  const selected = await selectObjectsToDelete(call.api.storeContext, call.session, input);
  const tombstones = await deleteSelectedObjects(call.api.storeContext, call.session, input, selected);
  return deletionResponse(call, list, query(), selected.timestamp, { tombstones, next: selected.next });
};

/**
 * DELETE of a list, in several transactions. If its time ends, or the store cannot go on, the response has what was
 * deleted, and `Next-Page` for the rest.
 */
export const deleteList = async (call: Omit<ApiCall, "session">, list: ListRef): Promise<HttpResponse> => {
  const { user, budget, time } = call;
  const { query, ...request } = listRequest(call, list);
  const input = { list, user, budget, ...request };
  const rewind = budget.savepoint();
  const selected = await transact(call.api.transactions, { ...planOf(call, list), writes: [] }, (session) => {
    rewind();
    return time.run(() => selectObjectsToDelete(call.api.storeContext, session, input));
  });
  // An empty list may have been filled since the precondition was checked, so it is checked again.
  const isEmpty = selected.entries.length === 0 && request.preconditions().ifMatch === undefined;
  const deleted = isEmpty ? { tombstones: [], next: selected.next } : await deleteInParts(call, list, input, selected);
  return deletionResponse(call, list, query(), selected.timestamp, deleted);
};

interface Deletion {
  readonly tombstones: readonly StoredObject[];
  /** Where the next page starts. */
  readonly next: SelectionCursor | undefined;
}

type DeletionInput = Parameters<typeof deleteSelectedObjects>[2];

const deleteInParts = async (
  call: Omit<ApiCall, "session">,
  list: ListRef,
  input: DeletionInput,
  selected: ObjectsToDelete,
): Promise<Deletion> => {
  const { api, time } = call;
  const { entries } = selected;
  const tombstones: StoredObject[] = [];
  let [done, size] = [0, MAX_OBJECTS_PER_TRANSACTION];
  do {
    const part = entries.slice(done, done + size);
    const refs = part.map(({ id }) => objectRef(list, id));
    // The precondition is checked for the first part only, because that part changes the list.
    const partInput = done === 0 ? input : { ...input, preconditions: () => ({}) };
    try {
      const deleted = await transact(api.transactions, { ...planOf(call, list), objects: refs }, (session) =>
        time.run(() => deleteSelectedObjects(api.storeContext, session, partInput, { ...selected, entries: part })),
      );
      tombstones.push(...deleted);
      done += part.length;
    } catch (error) {
      // Its objects have too many principals or members.
      if (isFailure(error, "REQUEST_TOO_LARGE") && part.length > 1) size = Math.ceil(part.length / 2);
      else if (isFailure(error, "BACKEND") && done > 0) {
        api.log.warn("A DELETE of a list ended early", { list: list.uri, deleted: done, error });
        break;
      } else throw error;
    }
  } while (done < entries.length && time.restMs > MIN_TRANSACTION_MS);
  const last = entries[done - 1];
  const isEarly = done < entries.length && last !== undefined;
  return { tombstones, next: isEarly ? selected.cursorBehind(last) : selected.next };
};

const isFailure = (error: unknown, kind: Failure["kind"]): error is Failure =>
  error instanceof Failure && error.kind === kind;

const planOf = ({ user }: Pick<ApiCall, "user">, list: ListRef) => ({
  ...deleteObjectsPlan(list),
  members: user === null ? [] : [user],
});

const deletionResponse = async (
  call: Omit<ApiCall, "session">,
  list: ListRef,
  query: ListQuery,
  timestamp: number,
  { tombstones, next }: Deletion,
): Promise<HttpResponse> => {
  const page = await nextPageHeader(call, scopeOf(call.request, list, query), query.limit, next);
  const last = tombstones.reduce((latest, { last_modified }) => Math.max(latest, last_modified), 0);
  return httpResponse(200, formatEntries(tombstones), {
    ...timestampHeaders(tombstones.length === 0 ? timestamp : last),
    ...deprecationAlert(query),
    ...page,
  });
};
