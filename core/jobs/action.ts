import type { Json, JsonObject } from "../../lib/json.ts";
import { matchesAny } from "../../lib/util/matches-any.ts";
import { Failure } from "../errors.ts";
import { accessDenied, requireObject, requireParent } from "../objects/checks.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { type Authorizer, createAuthorizer } from "../permissions/authorizer.ts";
import type { Permission } from "../permissions/inheritance.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ReadRequest } from "../ports/store.ts";
import { ancestors, idsByResource, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData, readsOf, type View } from "../store/view.ts";
import type { WorkLimits } from "./job.ts";

/** An action that users can request, as defined by its plugin. */
export interface Action {
  readonly plugin: string;
  readonly name: string;
  readonly about: string;
  /** Resources that it can be requested at, and `server`. */
  readonly on: readonly string[];
  /** Bucket ids that it is restricted to; all buckets when absent. */
  readonly buckets: readonly string[] | undefined;
  /** Collection ids that it is restricted to; all collections when absent. */
  readonly collections: readonly string[] | undefined;
  /** The permission that is required on the object. */
  readonly permission: string;
  /** Principals that may request it at the server. */
  readonly principals: readonly string[];
  /** Whether the data of the collection or bucket must list it in `actions`. */
  readonly optIn: boolean;
  readonly limits: WorkLimits;
  readonly params: Readonly<Record<string, ActionParam>>;
  /** Returns the issues of parameters; none when they are valid. */
  readonly validateParams: (params: JsonObject) => Promise<readonly ParamIssue[]>;
}

/** JSON schema of a parameter, and whether the parameter is required. */
export type ActionParam = JsonObject & { readonly required: boolean };

export interface ParamIssue {
  /** Path to the value: keys and indexes, joined by dots. Empty for all parameters together. */
  readonly name: string;
  readonly description: string;
}

/** Where an action is requested: at an object, or at the server (`null`). */
export type ActionTarget = ObjectRef | null;

/** Returns what must be read to find the actions of a target. */
export const readsOfTarget = (target: ActionTarget): ReadRequest =>
  target === null ? { objects: [], clocks: [] } : readsOf(target);

/** Lists the actions that a user may request. Throws when the target does not exist or the user may not read it. */
export const listActions = async (
  context: StoreContext,
  session: Session,
  actions: readonly Action[],
  target: ActionTarget,
  user: UserId,
): Promise<readonly Action[]> => {
  const { view, authorizer } = await readTarget(context, session, actions, { target, user });
  if (target !== null) await requireReadable(view, authorizer, target);
  const available = actions.filter((action) => isAvailable(view, action, target));
  const allowed = await Promise.all(available.map((action) => isAllowed(authorizer, action, target)));
  return available.filter((_, index) => allowed[index]);
};

/**
 * Finds an action by name. Throws when there is none, when the target does not exist, or when the user may not request
 * the action.
 */
export const findAction = async (
  context: StoreContext,
  session: Session,
  actions: readonly Action[],
  { target, name, user }: { readonly target: ActionTarget; readonly name: string; readonly user: UserId },
): Promise<Action> => {
  const { view, authorizer } = await readTarget(context, session, actions, { target, user });
  const action = actions.find((candidate) => candidate.name === name && supportsTarget(candidate, target));
  if (action === undefined || target === null) {
    if (target !== null) await requireReadable(view, authorizer, target);
    if (action === undefined) throw actionNotFound(name);
    if (!(await isAllowed(authorizer, action, target))) throw accessDenied(authorizer);
    return action;
  }
  if (!(await isAllowed(authorizer, action, target))) throw accessDenied(authorizer);
  requireExisting(view, target);
  if (!isAvailable(view, action, target)) throw actionNotFound(name);
  return action;
};

export const actionNotFound = (name: string) =>
  new Failure("MISSING_RESOURCE", { details: { id: name.slice(0, 100), resource_name: "action" } });

const readTarget = async (
  { grants }: StoreContext,
  session: Session,
  actions: readonly Action[],
  { target, user }: { readonly target: ActionTarget; readonly user: UserId },
) => {
  const view = await session.read(readsOfTarget(target));
  // Groups may start actions of the server, which no object in the view names.
  const named = [...view.namedPrincipals(), ...actions.flatMap(({ principals }) => principals)];
  return { view, authorizer: await createAuthorizer(session, grants, user, named) };
};

const requireReadable = async (view: View, authorizer: Authorizer, ref: ObjectRef): Promise<void> => {
  if (!(await authorizer.can("read:attributes", ref))) throw accessDenied(authorizer);
  requireExisting(view, ref);
};

const requireExisting = (view: View, ref: ObjectRef): void => {
  requireParent(view, ref.list);
  requireObject(view, ref);
};

const isAllowed = (
  authorizer: Authorizer,
  { permission, principals }: Action,
  target: ActionTarget,
): Promise<boolean> =>
  target === null ? authorizer.hasAnyOnServer(principals) : authorizer.can(permission as Permission, target);

/** Whether an action is defined for the type of a target. */
export const supportsTarget = ({ on }: Action, target: ActionTarget): boolean =>
  on.includes(target === null ? "server" : target.resourceName);

/** Whether an action can be requested at a target, which the view must hold. */
const isAvailable = (view: View, action: Action, target: ActionTarget): boolean => {
  if (!supportsTarget(action, target)) return false;
  if (target === null) return !action.optIn;
  const { bucket, collection } = idsByResource(target);
  return (
    matchesAny(action.buckets, bucket) &&
    matchesAny(action.collections, collection) &&
    (!action.optIn || isOptedIn(view, action.name, target))
  );
};

/** Whether the target, or the collection or bucket that it is in, lists the action in its data. */
const isOptedIn = (view: View, name: string, target: ObjectRef): boolean =>
  [target, ...ancestors(target)].some((ref) => {
    const object = ref.resourceName === "bucket" || ref.resourceName === "collection" ? view.object(ref) : undefined;
    const { actions }: { actions?: Json } = object === undefined ? {} : parseData(object);
    return Array.isArray(actions) && actions.includes(name);
  });
