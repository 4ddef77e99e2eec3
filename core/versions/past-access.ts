import type { StoreContext } from "../objects/store-context.ts";
import { type Authorizer, createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { StoredObject } from "../ports/store.ts";
import type { PastState } from "../ports/versions.ts";
import { type ListRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";

/** Creates the authorizer of a user who reads what objects were: it knows also the groups in their permissions of then. */
export const createPastAuthorizer = (
  { grants }: StoreContext,
  session: Session,
  user: UserId,
  were: readonly PastState[],
): Promise<Authorizer> => {
  const named = were.flatMap(({ acl }) => Object.values(acl).flat());
  return createAuthorizer(session, grants, user, [...session.view.namedPrincipals(), ...named]);
};

/** Selects the objects that the user could read as they were. */
export const selectReadable = async (
  context: StoreContext,
  session: Session,
  list: ListRef,
  user: UserId,
  found: readonly StoredObject[],
): Promise<readonly StoredObject[]> => {
  const authorizer = await createPastAuthorizer(context, session, user, found);
  const readable: StoredObject[] = [];
  for (const was of found) {
    const ref = objectRef(list, String(parseData(was).id));
    if (await authorizer.canReadPast("read:attributes", ref, was)) readable.push(was);
  }
  return readable;
};
