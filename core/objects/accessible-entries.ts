import { type Authorizer, createAuthorizer } from "../permissions/authorizer.ts";
import { sharingPermissions } from "../permissions/inheritance.ts";
import type { UserId } from "../permissions/principals.ts";
import { findSharedObjects, type SharePlace } from "../permissions/shared-objects.ts";
import type { PageCursor, StoredObject } from "../ports/store.ts";
import { type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import { newestFirst, type Session } from "../store/session.ts";
import { accessDenied } from "./checks.ts";
import type { StoreContext } from "./store-context.ts";

/** The entries of a list that a user may access: all, or a part of those shared with the user. */
export type AccessibleEntries = "all" | SharedEntries;

export interface SharedEntries {
  /** This part of the shared entries. */
  readonly place: SharePlace | undefined;
  readonly entries: readonly PageCursor[];
  /** Whether the user may access an object as it is now. */
  readonly isShared: (ref: ObjectRef, object: StoredObject) => Promise<boolean>;
  /** Where the next part starts; absent at the end. */
  readonly next?: SharePlace;
}

export interface AccessQuery {
  readonly list: ListRef;
  readonly user: UserId;
  readonly permission: "read" | "write";
  readonly budget: ReadBudget;
  /** Returns where the part of the shared entries starts. */
  readonly place: () => Promise<SharePlace | undefined>;
}

/**
 * Finds the entries of a list that a user may access. The session must have read the list's parents.
 * @throws Failure 401 or 403 when the user can neither access an entry nor create one
 */
export const findAccessibleEntries = async (
  context: StoreContext,
  session: Session,
  { place: readPlace, ...query }: AccessQuery,
): Promise<AccessibleEntries> => {
  const { list, user, permission } = query;
  const authorizer = await createAuthorizer(session, context.grants, user);
  if (await authorizer.canAccessList(permission, list)) return "all";
  const named = await findNamedEntries(context, session, query, authorizer);
  if (named !== undefined) return named;
  const place = await readPlace();
  const shared = await findSharedEntries(context, session, { ...query, place });
  const isDenied = shared.entries.length === 0 && shared.next === undefined && place === undefined;
  if (isDenied && !(await authorizer.canCreateIn(list))) throw accessDenied(authorizer);
  return shared;
};

/**
 * The entries that the scope of the request names, in a list that the user could access without the scope; `undefined` in
 * other lists.
 */
const findNamedEntries = async (
  { grants }: StoreContext,
  session: Session,
  { list, user, permission, budget }: Omit<AccessQuery, "place">,
  authorizer: Authorizer,
): Promise<SharedEntries | undefined> => {
  if (authorizer.scope === undefined || !(await authorizer.isGrantedList(permission, list))) return undefined;
  const refs = authorizer.scope.idsIn(list).map((id) => objectRef(list, id));
  budget.spend(await session.readHeads({ objects: refs, parents: [] }));
  const own = await createAuthorizer(session, grants, user);
  const isAccessible = (ref: ObjectRef) => own.can(permission === "read" ? "read:attributes" : permission, ref);
  const entries: PageCursor[] = [];
  for (const ref of refs) {
    const head = session.view.head(ref);
    if (head !== undefined && (await isAccessible(ref)))
      entries.push({ id: ref.id, last_modified: head.last_modified });
  }
  if (entries.length === 0 && !(await authorizer.canCreateIn(list))) throw accessDenied(authorizer);
  return { place: undefined, entries: entries.sort(newestFirst), isShared: (ref) => isAccessible(ref) };
};

/** Finds a part of a list's objects whose own permissions grant the user access, without their data. */
export const findSharedEntries = async (
  context: StoreContext,
  session: Session,
  { list, user, permission, budget, place }: Omit<AccessQuery, "place"> & Pick<SharedEntries, "place">,
): Promise<SharedEntries> => {
  const parentExists = list.parent === null || session.view.object(list.parent) !== undefined;
  if (!parentExists) return { place, entries: [], isShared: async () => false };
  const found = await findSharedObjects(session, context, user, { list, place, budget });
  const { objects, authorizer, next } = found;
  const permissions = sharingPermissions(list.resource, permission);
  const scoped = permission === "read" ? "read:attributes" : permission;
  const isShared = (ref: ObjectRef, { acl }: Pick<StoredObject, "acl">) =>
    authorizer.hasAnyOn(
      scoped,
      ref,
      permissions.flatMap((name) => acl[name] ?? []),
    );
  const entries: PageCursor[] = [];
  for (const { ref, head } of objects)
    if (await isShared(ref, head)) entries.push({ id: ref.id, last_modified: head.last_modified });
  return { place: found.place, entries, isShared, ...(next && { next }) };
};
