import { isDeepStrictEqual } from "node:util";
import { Failure } from "../errors.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { runDeletionHooks, storeObject } from "../objects/store-object.ts";
import type { Authorizer } from "../permissions/authorizer.ts";
import { authorId, type UserId } from "../permissions/principals.ts";
import type { Acl, StoredObject } from "../ports/store.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData, readsForWrite } from "../store/view.ts";
import { createPastAuthorizer } from "./past-access.ts";

/** What is done to make an object equal to what it was. */
export type RevertAction = "create" | "update" | "delete";

/** Plans to read and write what is needed to change an object. */
export const revertPlan = (ref: ObjectRef) => ({ ...readsForWrite(ref), writes: [ref.list] });

/** Returns what has to be done, or `undefined` if the object is as it was. */
export const findRevertAction = (
  present: StoredObject | undefined,
  was: StoredObject | undefined,
): RevertAction | undefined => {
  if (was === undefined) return present === undefined ? undefined : "delete";
  if (present === undefined) return "create";
  return isDeepStrictEqual(withoutTime(present), withoutTime(was)) && hasSameAcl(present.acl, was.acl)
    ? undefined
    : "update";
};

const withoutTime = (object: StoredObject) => {
  const { last_modified: _, ...data } = parseData(object);
  return data;
};

const hasSameAcl = (one: Acl, other: Acl): boolean =>
  isDeepStrictEqual(...([one, other].map(sortAcl) as [unknown, unknown]));
const sortAcl = (acl: Acl) =>
  new Map(
    Object.entries(acl)
      .toSorted()
      .map(([name, users]) => [name, users.toSorted()]),
  );

/**
 * Makes an object what it was, with the permissions of the user, and with the hooks and checks of any change. Its
 * permissions become exactly those that it had.
 * @throws Failure 403 when the user may not
 */
export const revertObject = async (
  context: StoreContext,
  session: Session,
  { ref, user, was, action }: { ref: ObjectRef; user: UserId; was: StoredObject | undefined; action: RevertAction },
): Promise<void> => {
  const authorizer = await createPastAuthorizer(context, session, user, was === undefined ? [] : [was]);
  const canRead = was === undefined || (await authorizer.canReadPast("read", ref, was));
  if (!canRead || !(await isAllowed(authorizer, ref, action))) throw new Failure("FORBIDDEN");
  if (was === undefined) {
    if (context.hooks !== undefined) await runDeletionHooks(context, session, ref, user);
    session.view.delete(ref, authorId(user));
    return;
  }
  const exact = { ...context, explicitPermissions: false };
  await storeObject(exact, session, ref, { data: withoutTime(was), acl: was.acl, user });
};

const isAllowed = (authorizer: Authorizer, ref: ObjectRef, action: RevertAction): Promise<boolean> =>
  action === "create" ? authorizer.canCreateIn(ref.list) : authorizer.can("write", ref);
