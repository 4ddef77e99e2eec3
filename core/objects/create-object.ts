import { Failure, invalid, Refusal } from "../errors.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import { authorId, type UserId } from "../permissions/principals.ts";
import { currentScope } from "../permissions/scope.ts";
import type { StoredObject } from "../ports/store.ts";
import { type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import type { TransactionPlan } from "../store/transact.ts";
import { parentsOf, readsForWrite } from "../store/view.ts";
import { findSharedEntries } from "./accessible-entries.ts";
import {
  accessDenied,
  type ObjectResult,
  requireParent,
  requireParentExists,
  requireValidId,
  toObjectResult,
} from "./checks.ts";
import { type Draft, replaceAcl, validateDraft } from "./draft.ts";
import { checkListPreconditions, checkObjectPreconditions, type Preconditions } from "./preconditions.ts";
import { readObject, showExisting, showWritten } from "./read-as-user.ts";
import type { StoreContext } from "./store-context.ts";
import { storeObject } from "./store-object.ts";

export interface CreateObjectInput {
  readonly list: ListRef;
  readonly user: UserId;
  /** Parses the preconditions; called after the permission check. */
  readonly preconditions: () => Preconditions;
  /**
   * Parses the id in the body; default: a generated id. Called only if the user may create or read objects of the list.
   */
  readonly id: () => string | undefined;
  /** Parses the body; called after the permission check. */
  readonly draft: () => Draft;
}

/** @param id the id in the body, if it is known. Nothing is stored under a generated id, so it need not be read. */
export const createObjectPlan = (list: ListRef, id: string | undefined): TransactionPlan => ({
  ...(id === undefined
    ? { objects: [], parents: parentsOf(list), clocks: [list] }
    : readsForWrite(objectRef(list, id))),
  writes: [list],
});

/** POST on a list. Returns an existing object unchanged, if the user may read it. */
export const createObject = async (
  context: StoreContext,
  session: Session,
  { list, user, preconditions, id: readId, draft }: CreateObjectInput,
): Promise<ObjectResult & { created: boolean }> => {
  requireParent(await session.read(createObjectPlan(list, undefined)), list);
  const { name } = list.resource;
  const listAuthorizer = await createAuthorizer(session, context.grants, user);
  const canCreate = await listAuthorizer.canCreateIn(list);
  if (!canCreate && !(await listAuthorizer.canReadAny(list)) && !(await hasShared(context, session, list, user)))
    throw accessDenied({ user });
  const id = readId();
  if (id === undefined && list.resource.plugin?.ids === "chosen")
    throw invalid(
      draft().data === undefined
        ? { location: "body", name: "data", description: "Required" }
        : { location: "body", name: "data.id", description: "data.id in body: Required" },
    );
  const ref = objectRef(list, id ?? session.view.nextId(name, () => context.generateId(name)));
  requireValidId(ref);
  const view = await session.read(createObjectPlan(list, id));
  const existing = view.object(ref);
  // The object may name other groups of the user.
  const authorizer = existing === undefined ? listAuthorizer : await createAuthorizer(session, context.grants, user);
  if (!(existing === undefined ? canCreate : await authorizer.can("read:attributes", ref)))
    throw accessDenied({ user });
  requireParentExists(view, list);
  const { data, permissions } = await validateDraft(name, draft());
  const conditions = preconditions();
  const show = showExisting(context, session, user, ref);

  const listTimestamp = view.clock(list)?.timestamp ?? 0;
  if (id === undefined) checkListPreconditions({ ifMatch: conditions.ifMatch }, listTimestamp);
  else await checkObjectPreconditions(authorizer, conditions, { ref, object: existing, listTimestamp, show });
  if (existing !== undefined) {
    const visible = await readExisting(context, session, user, ref, existing);
    return { ...(await toObjectResult(authorizer, ref, visible)), created: false };
  }
  if (id === undefined && conditions.ifMatch !== undefined) view.requireUnchanged(list);

  const acl = replaceAcl({}, permissions);
  const object = await storeObject(context, session, ref, { data: data ?? {}, acl, user });
  const result = await toObjectResult(authorizer, ref, object);
  return { ...(await showWritten(context, session, user, ref, result)), created: true };
};

/** Returns an existing object as its user sees it. @throws Failure 409 if it is hidden, since a 404 would be of the list */
const readExisting = async (
  context: StoreContext,
  session: Session,
  user: UserId,
  ref: ObjectRef,
  existing: StoredObject,
): Promise<StoredObject> => {
  try {
    return await readObject(context, session, user, ref, existing);
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind !== "MISSING_RESOURCE") throw error;
    throw new Failure("CONFLICT", {
      message: `${ref.uri} exists and is hidden: ${error.message} Replace it by PUT, or send another id.`,
    });
  }
};

/** Whether objects of the list may be shared with the user. */
const hasShared = async (context: StoreContext, session: Session, list: ListRef, user: UserId): Promise<boolean> => {
  // One part is read, which is a fraction of it.
  const budget = new ReadBudget(context.limits.readBytes);
  const query = { list, user, permission: "read", place: undefined, budget } as const;
  const shared = await findSharedEntries(context, session, query);
  return shared.entries.length > 0 || shared.next !== undefined;
};

/**
 * Creates an empty object for a user unless it exists. Does not check permissions, except those of the request's scope.
 */
export const ensureObject = async (
  context: StoreContext,
  session: Session,
  ref: ObjectRef,
  user: UserId,
): Promise<void> => {
  const view = await session.read(readsForWrite(ref));
  if (view.object(ref) !== undefined) return;
  if (currentScope()?.allowsCreateIn(ref.list) === false) throw accessDenied({ user });
  requireValidId(ref);
  requireParentExists(view, ref.list);
  await storeObject(context, session, ref, { data: {}, acl: { write: [authorId(user)] }, user });
};
