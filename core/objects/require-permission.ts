import type { Permission } from "../permissions/inheritance.ts";
import type { UserId } from "../permissions/principals.ts";
import { identify, type Who } from "../permissions/who.ts";
import { ancestors, listRef, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { denied, required, requireParent } from "./access.ts";
import type { World } from "./world.ts";

export interface RequirePermission {
  readonly ref: ObjectRef;
  readonly user: UserId;
  readonly permission: Permission;
}

/** The user must have a permission on an object, which must be there; what is missing is told as to those who would read it. */
export const requirePermission = async (
  { grants }: World,
  session: Session,
  { ref, user, permission }: RequirePermission,
): Promise<void> => {
  const view = await session.read({ objects: [ref, ...ancestors(ref)], clocks: [] });
  const who = await identify(session, grants, user);
  const isThere = view.object(ref) !== undefined;
  if (!(await (isThere ? may(who, permission, ref) : who.may("read:attributes", ref)))) throw denied(who);
  requireParent(view, ref.list);
  required(view, ref);
};

/** To create something in an object, settings may grant as well. */
const may = (who: Who, permission: Permission, ref: ObjectRef): Promise<boolean> => {
  const child = ref.list.kind.children.find(({ name }) => permission === `${name}:create`);
  return child === undefined ? who.may(permission, ref) : who.mayCreateIn(listRef(child, ref));
};
