import type { Json, JsonObject } from "../../lib/json.ts";
import { isAmong } from "../../lib/util/is-among.ts";
import { Failure } from "../errors.ts";
import { denied, required, requireParent } from "../objects/access.ts";
import type { World } from "../objects/world.ts";
import type { Permission } from "../permissions/inheritance.ts";
import type { UserId } from "../permissions/principals.ts";
import { identify, type Who } from "../permissions/who.ts";
import { ancestors, idsOn, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { dataOf, type View } from "../store/view.ts";
import type { WorkLimits } from "./running-job.ts";

/** Something that users may have done, as its plugin states it. */
export interface Action {
  readonly plugin: string;
  readonly name: string;
  readonly about: string;
  /** Resources, and `server`. */
  readonly on: readonly string[];
  /** Ids; everywhere when absent. */
  readonly buckets: readonly string[] | undefined;
  readonly collections: readonly string[] | undefined;
  /** The permission that is needed on an object. */
  readonly permission: string;
  /** Who may have it done at the server. */
  readonly principals: readonly string[];
  /** Whether a collection's or bucket's data must list it in `actions`. */
  readonly optIn: boolean;
  readonly limits: WorkLimits;
  /** What it is given, by name. */
  readonly params: Readonly<Record<string, ActionParam>>;
  /** What is wrong with what is given. */
  readonly flaws: (params: JsonObject) => Promise<readonly ParamFlaw[]>;
}

/** The JSON schema of a parameter, and whether it must be there. */
export type ActionParam = JsonObject & { readonly required: boolean };

export interface ParamFlaw {
  /** Keys and places, joined by dots; empty for all of it. */
  readonly name: string;
  readonly description: string;
}

/** Where an action is asked for: an object, or the server. */
export type ActionPlace = ObjectRef | null;

/** The actions that somebody may have done at a place, which must be there and be seen. */
export const actionsAt = async (
  world: World,
  session: Session,
  actions: readonly Action[],
  place: ActionPlace,
  user: UserId,
): Promise<readonly Action[]> => {
  const { view, who } = await see(world, session, place, user);
  if (place !== null) await requireSeen(view, who, place);
  const found = actions.filter((action) => stands(view, action, place));
  const allowed = await Promise.all(found.map((action) => may(who, action, place)));
  return found.filter((_, at) => allowed[at]);
};

/** The action of that name at a place, for somebody who may have it done. */
export const actionAt = async (
  world: World,
  session: Session,
  actions: readonly Action[],
  { place, name, user }: { readonly place: ActionPlace; readonly name: string; readonly user: UserId },
): Promise<Action> => {
  const { view, who } = await see(world, session, place, user);
  const action = actions.find((one) => one.name === name && isOn(one, place));
  if (action === undefined || place === null) {
    if (place !== null) await requireSeen(view, who, place);
    if (action === undefined) throw missing(name);
    if (!(await may(who, action, place))) throw denied(who);
    return action;
  }
  if (!(await may(who, action, place))) throw denied(who);
  requireThere(view, place);
  if (!stands(view, action, place)) throw missing(name);
  return action;
};

const missing = (name: string) =>
  new Failure("MISSING_RESOURCE", { details: { id: name.slice(0, 100), resource_name: "action" } });

const see = async ({ grants }: World, session: Session, place: ActionPlace, user: UserId) => {
  const view = await session.read({ objects: place === null ? [] : [place, ...ancestors(place)], clocks: [] });
  return { view, who: await identify(session, grants, user) };
};

const requireSeen = async (view: View, who: Who, place: ObjectRef): Promise<void> => {
  if (!(await who.may("read:attributes", place))) throw denied(who);
  requireThere(view, place);
};

const requireThere = (view: View, place: ObjectRef): void => {
  requireParent(view, place.list);
  required(view, place);
};

const may = (who: Who, { permission, principals }: Action, place: ActionPlace): Promise<boolean> =>
  place === null ? who.isAny(principals) : who.may(permission as Permission, place);

const isOn = ({ on }: Action, place: ActionPlace): boolean => on.includes(place === null ? "server" : place.resource);

/** Whether it is there to be asked for; at an object that must be in the view. */
const stands = (view: View, action: Action, place: ActionPlace): boolean => {
  if (!isOn(action, place)) return false;
  if (place === null) return !action.optIn;
  const { bucket, collection } = idsOn(place);
  return (
    isAmong(action.buckets, bucket) &&
    isAmong(action.collections, collection) &&
    (!action.optIn || isListed(view, action.name, place))
  );
};

/** Whether the collection or bucket that a place is, or stands in, wants it. */
const isListed = (view: View, name: string, place: ObjectRef): boolean =>
  [place, ...ancestors(place)].some((at) => {
    const object = at.resource === "bucket" || at.resource === "collection" ? view.object(at) : undefined;
    const { actions }: { actions?: Json } = object === undefined ? {} : dataOf(object);
    return Array.isArray(actions) && actions.includes(name);
  });
