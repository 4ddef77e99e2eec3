import { findSharedEntries, type SharedEntries } from "../objects/accessible-entries.ts";
import type { StoreContext } from "../objects/store-context.ts";
import type { UserId } from "../permissions/principals.ts";
import type { StoredObject } from "../ports/store.ts";
import { type ListRef, objectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";

/** Maximum number of shared records of one collection that a search considers. */
const MAX_SHARED_RECORDS = 10_000;

/** The records of a collection that are shared with a user who may not read the collection. */
export interface SharedRecords {
  readonly ids: readonly string[];
  /** Whether there may be more. */
  readonly isPartial: boolean;
  /** Whether the user may read a record as it is now. */
  readonly isReadable: (id: string, record: StoredObject) => Promise<boolean>;
}

/**
 * Finds the records that are shared with a user or the user's groups, strongly consistent, part by part until half of the
 * budget is spent. The rest is for reading the hits.
 */
export const findSharedRecords = async (
  context: StoreContext,
  session: Session,
  { list, user, budget }: { readonly list: ListRef; readonly user: UserId; readonly budget: ReadBudget },
): Promise<SharedRecords> => {
  const checks = new Map<string, SharedEntries["isShared"]>();
  let place: SharedEntries["next"];
  do {
    const query = { list, user, permission: "read", budget, place } as const;
    const part: SharedEntries = await findSharedEntries(context, session, query);
    for (const { id } of part.entries) if (checks.size < MAX_SHARED_RECORDS) checks.set(id, part.isShared);
    place = part.next;
  } while (place !== undefined && checks.size < MAX_SHARED_RECORDS && budget.restBytes > budget.maxBytes / 2);
  return {
    ids: [...checks.keys()],
    isPartial: place !== undefined || checks.size === MAX_SHARED_RECORDS,
    isReadable: async (id, record) => (await checks.get(id)?.(objectRef(list, id), record)) ?? false,
  };
};
