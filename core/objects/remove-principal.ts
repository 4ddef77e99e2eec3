import type { PrincipalRemoval } from "../data.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import { authorId, type UserId } from "../permissions/principals.ts";
import type { Acl } from "../ports/store.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { TransactionPlan } from "../store/transact.ts";
import { groupMembers, parseData, readsForWrite } from "../store/view.ts";
import { requireWrite } from "./checks.ts";
import { normalizeAcl } from "./draft.ts";
import type { StoreContext } from "./store-context.ts";
import { runDeletionHooks, storeObject } from "./store-object.ts";

interface RemovePrincipalInput {
  readonly ref: ObjectRef;
  /** Who makes the change. */
  readonly user: UserId;
  readonly principal: string;
  /** Whether to delete an object that only the principal may write by its own permissions. */
  readonly deletesOwned: boolean;
}

export const removePrincipalPlan = (ref: ObjectRef): TransactionPlan => ({ ...readsForWrite(ref), writes: [ref.list] });

/** Removes a principal from an object's permissions and, if it is a group, from its members. */
export const removePrincipal = async (
  context: StoreContext,
  session: Session,
  { ref, user, principal, deletesOwned }: RemovePrincipalInput,
): Promise<PrincipalRemoval> => {
  const view = await session.read(readsForWrite(ref));
  const object = view.object(ref);
  if (object === undefined) return "unchanged";
  await requireWrite(view, await createAuthorizer(session, context.grants, user), ref);
  const { acl } = object;
  if (deletesOwned && acl.write?.length === 1 && acl.write[0] === principal) {
    await runDeletionHooks(context, session, ref, user);
    view.delete(ref, authorId(user));
    return "deleted";
  }
  const data = parseData(object);
  const isMember = ref.resourceName === "group" && groupMembers(object).includes(principal);
  if (!isMember && !Object.values(acl).flat().includes(principal)) return "unchanged";
  const { last_modified: _, ...kept } = data;
  await storeObject(
    // What is stored need not match a schema that is newer, and the one who removes gets no permission.
    { ...context, explicitPermissions: false, validateSchemas: false, validateSearchSettings: false },
    session,
    ref,
    {
      data: isMember ? { ...kept, members: groupMembers(object).filter((member) => member !== principal) } : kept,
      acl: withoutPrincipal(acl, principal),
      user,
    },
  );
  return "removed";
};

const withoutPrincipal = (acl: Acl, principal: string): Acl =>
  normalizeAcl(
    Object.fromEntries(
      Object.entries(acl).map(([permission, all]) => [permission, all.filter((one) => one !== principal)]),
    ),
    undefined,
  );
