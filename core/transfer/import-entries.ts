import type { JsonObject } from "../../lib/json.ts";
import { Failure } from "../errors.ts";
import { dropNullPermissions, prepareData, readPermissions } from "../objects/draft.ts";
import { requireLimits } from "../objects/store-object.ts";
import { EVERYONE } from "../permissions/principals.ts";
import type { Acl, StoredObject } from "../ports/store.ts";
import { isStorable, type ListRef, MAX_FUTURE_MS, objectRef } from "../resources.ts";
import { type TransactionContext, type TransactionPlan, transact } from "../store/transact.ts";
import { parentsOf, readsForWrite, type View } from "../store/view.ts";

/** An object or tombstone of another store. */
export interface ImportedEntry {
  readonly id: string;
  /** `undefined` for a tombstone. */
  readonly data: JsonObject | undefined;
  /** `undefined` leaves those that it has. */
  readonly permissions: Acl | undefined;
  /** `undefined` is the time of the import. */
  readonly last_modified: number | undefined;
  /** The author of its last change: a user id or `system.Everyone`. */
  readonly user: string;
}

/**
 * What an import did about an entry. `newer`: this store has a later change of it, which stays.
 */
export type ImportOutcome = { readonly kind: "created" | "updated" | "newer" } | ImportRefusal;

/** An import that writes nothing. */
interface ImportTrial {
  /** Whether the import of an earlier entry would have created the list's parent. */
  readonly hasParent: boolean;
}

interface ImportRefusal {
  readonly kind: "refused";
  readonly reason: string;
}

/** Maximum number and size of the entries that one transaction writes: DynamoDB's is 100 items and 4 MB. */
export const MAX_IMPORTED_ENTRIES = 20;
export const MAX_IMPORTED_BYTES = 1_500_000;

/**
 * Reads what a list has of some ids: objects and tombstones by id. Returns `undefined` if the list's parent does not
 * exist.
 */
export const readExisting = (
  context: TransactionContext,
  list: ListRef,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredObject> | undefined> => {
  const refs = ids.map((id) => objectRef(list, id)).filter(isStorable);
  const plan = { objects: refs, parents: parentsOf(list), clocks: [], writes: [] };
  return transact(context, plan, ({ view }) => {
    const generation = view.parentGeneration(list);
    if (generation === undefined) return undefined;
    return new Map(
      refs.flatMap((ref) => {
        const stored = view.stored(ref);
        return stored?.parentGeneration === generation ? [[ref.id, stored] as const] : [];
      }),
    );
  });
};

/**
 * Writes entries of one list as they are in another store, in one transaction: with their timestamps and permissions,
 * without hooks and schemas, and without a principal for their author. An entry that this store has changed later stays.
 *
 * @param entries at most {@link MAX_IMPORTED_ENTRIES} with {@link MAX_IMPORTED_BYTES}, each id once
 * @param trial only returns what would be done
 * @returns an outcome for each
 */
export const importEntries = (
  context: TransactionContext,
  list: ListRef,
  entries: readonly ImportedEntry[],
  trial?: ImportTrial,
): Promise<readonly ImportOutcome[]> =>
  transact(context, planOf(list, entries), async ({ view, now }) => {
    const discardAll = view.savepoint();
    if (trial?.hasParent === true) addMissingParents(view, list);
    if (view.parentGeneration(list) === undefined) return entries.map(() => refusal(`${list.parent?.uri} is missing`));
    const outcomes = entries.map(({ id, data, permissions, last_modified, user }): ImportOutcome => {
      const ref = objectRef(list, id);
      if (!isStorable(ref)) return refusal("the id is not valid, or the URI too long");
      if (last_modified !== undefined && !isPossible(last_modified, now))
        return refusal(`last_modified is ${last_modified}: before 1970 or more than a day in the future`);
      const existing = view.object(ref);
      const stored = view.stored(ref);
      const isCurrent = stored?.parentGeneration === view.parentGeneration(list);
      if (last_modified !== undefined && stored !== undefined && isCurrent && stored.last_modified > last_modified)
        return { kind: "newer" };
      const discard = view.savepoint();
      try {
        const acl =
          permissions === undefined
            ? (existing?.acl ?? {})
            : dropNullPermissions(readPermissions(list.resource, toJson(permissions)));
        const prepared = data && prepareData(list.resource.name, data);
        const draft = { acl, changedBy: user, lastModified: last_modified };
        const object =
          prepared !== undefined && last_modified === undefined
            ? view.put(ref, { ...draft, data: prepared })
            : view.putCopy(ref, { ...draft, data: prepared, lastModified: last_modified ?? now });
        requireLimits(ref, object);
        return { kind: existing === undefined ? "created" : "updated" };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        discard();
        return refusal(error.message);
      }
    });
    if (trial !== undefined) discardAll();
    return outcomes;
  });

/** Adds the parents that an import would have created. */
const addMissingParents = (view: View, list: ListRef): void => {
  for (const parent of parentsOf(list).toReversed())
    if (view.head(parent) === undefined) view.put(parent, { data: {}, acl: {}, changedBy: EVERYONE });
};

const isPossible = (lastModified: number, now: number): boolean =>
  Number.isSafeInteger(lastModified) && lastModified >= 0 && lastModified <= now + MAX_FUTURE_MS;

const planOf = (list: ListRef, entries: readonly ImportedEntry[]): TransactionPlan => {
  const reads = entries
    .map(({ id }) => objectRef(list, id))
    .filter(isStorable)
    .map(readsForWrite);
  return {
    objects: reads.flatMap(({ objects }) => objects),
    parents: parentsOf(list),
    clocks: [list, ...reads.flatMap(({ clocks }) => clocks)],
    writes: [list],
  };
};

const toJson = (permissions: Acl): JsonObject =>
  Object.fromEntries(Object.entries(permissions).map(([name, principals]) => [name, [...principals]]));

const refusal = (reason: string): ImportRefusal => ({ kind: "refused", reason });
