import { sharing } from "../permissions/inheritance.ts";
import type { UserId } from "../permissions/principals.ts";
import { identify, type Who } from "../permissions/who.ts";
import { ancestors, type Incarnation, type ListRef, objectRef } from "../resources.ts";
import type { Clock, Entry, Page, Place, Stored } from "../store/store.ts";
import { transact } from "../store/transact.ts";
import { View } from "../store/view.ts";
import { denied, requireParent } from "./access.ts";
import type { NotModified } from "./answer.ts";
import { checkList, isFresh, type Preconditions } from "./preconditions.ts";
import type { World } from "./world.ts";

/** What of a list is asked for. Bounds are exclusive, in ms; with a bound the list shows tombstones too. */
export interface Selection {
  readonly since?: number | undefined;
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
  readonly after?: Place | undefined;
}

export interface ListObjects {
  readonly list: ListRef;
  readonly user: UserId;
  readonly preconditions: Preconditions;
  readonly select: Selection;
  /** HEAD: how many there are, rather than which. */
  readonly counted: boolean;
}

export type ListAnswer = { readonly timestamp: number } & ({ readonly total: number } | Page);

/** GET and HEAD on a list: all of it to those who may read its parent, to others what is shared with them. */
export const listObjects = async (world: World, { list, user, preconditions, select, counted }: ListObjects): Promise<ListAnswer | NotModified> => {
  const { store, now } = world.transactions;
  const view = new View(await store.read({ objects: parents(list), clocks: [list], member: user ?? undefined }), now());
  const reached = await reach(world, view, user, list, "read");
  requireParent(view, list);

  const clock = view.clock(list) ?? (await firstClock(world, list));
  const timestamp = clock.last;
  if (isFresh(preconditions, timestamp)) return { notModified: true, timestamp };
  checkList(preconditions, timestamp);

  const of = view.life(list) as Incarnation;
  const { since, before, after } = select;
  const bounded = since !== undefined || before !== undefined;
  const limit = Math.min(select.limit ?? world.limits.page, world.limits.page);
  if (reached === "all") {
    // Tombstones are shown, but not counted.
    if (counted) return { timestamp, total: bounded ? await store.count(list, { of, since, before, tombstones: false }) : clock.count };
    const asked = { of, since, before, after, limit, tombstones: bounded };
    return { timestamp, ...(await world.pages.page(list.uri, clock, asked, () => store.page(list, asked))) };
  }
  return counted ? { timestamp, total: within(reached, { since, before }).length } : { timestamp, ...cut(within(reached, select), limit) };
};

/** What must be there for the list to be. */
export const parents = ({ parent }: ListRef) => (parent === null ? [] : [parent, ...ancestors(parent)]);

/** Which of a list's objects the user reaches: all, or those shared with it, newest first. Nobody who reaches none, nor may create one, gets in. */
export const reach = async (world: World, view: View, user: UserId, list: ListRef, permission: "read" | "write"): Promise<"all" | readonly Stored[]> => {
  const { store } = world.transactions;
  const who = await identify(store, world.grants, view, user);
  if (who.mayAll(permission, list)) return "all";
  const grouped = await identify(store, world.grants, view, user, "all");
  const parentLives = list.parent === null || view.object(list.parent) !== undefined;
  const shared = parentLives ? await readShared(world, list, grouped, permission) : [];
  if (shared.length === 0 && !grouped.mayCreateIn(list)) throw denied(who);
  return shared;
};

/** The objects of the list that themselves give the user the permission. */
const readShared = async ({ transactions: { store, now } }: World, list: ListRef, who: Who, permission: "read" | "write"): Promise<Stored[]> => {
  const ids = await store.shared(list, who.principals);
  if (ids.length === 0) return [];
  const refs = ids.map((id) => objectRef(list, id));
  const view = new View(await store.read({ objects: [...refs, ...parents(list)], clocks: [] }), now());
  const granting = sharing(list.resource, permission);
  return refs
    .flatMap((ref) => view.object(ref) ?? [])
    .filter(({ acl }) => granting.some((name) => who.isAny(acl[name] ?? [])))
    .sort((a, b) => b.last_modified - a.last_modified);
};

export const within = (entries: readonly Stored[], { since = -1, before = Number.POSITIVE_INFINITY, after }: Selection): Stored[] =>
  entries.filter(({ last_modified }) => last_modified > since && last_modified < Math.min(before, after?.last_modified ?? before));

/** The first entries, and where to go on. */
export const cut = (entries: readonly Stored[], limit: number): Page => {
  const shown = entries.slice(0, limit);
  const last = shown.at(-1);
  return entries.length > limit && last !== undefined ? { entries: shown, next: placeOf(last) } : { entries: shown };
};

export const placeOf = (entry: Entry): Place => ({ last_modified: entry.last_modified, id: String(JSON.parse(entry.json).id) });

/** A list that was never written to gets its timestamp at its first read, and keeps it. */
export const firstClock = ({ transactions }: World, list: ListRef): Promise<Clock> =>
  transact(transactions, { objects: parents(list), clocks: [list], writes: [list] }, (view) => {
    requireParent(view, list);
    return view.touch(list);
  });
