import type { UserId } from "../permissions/principals.ts";
import type { ListRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parents } from "../store/view.ts";
import { requireLife, requireParent } from "./access.ts";
import type { NotModified } from "./answer.ts";
import { checkList, isFresh, type Preconditions } from "./preconditions.ts";
import { reach } from "./reach.ts";
import { count, type Selected, type Selection, select } from "./select.ts";
import type { World } from "./world.ts";

export interface ListObjects {
  readonly list: ListRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** Reads what is asked for; throws what is wrong with it. Asked only when the user may read. */
  readonly selection: () => Promise<Selection>;
  /** HEAD: how many there are, rather than which. */
  readonly counted: boolean;
}

export type ListAnswer = { readonly timestamp: number } & ({ readonly total: number } | Selected);

/**
 * GET and HEAD on a list: all of it to those who may read its parent, to others what is shared with them.
 * A list that was never written to gets its timestamp at its first read, and keeps it.
 */
export const listObjects = async (
  world: World,
  session: Session,
  { list, user, preconditions, selection, counted }: ListObjects,
): Promise<ListAnswer | NotModified> => {
  const view = await session.read({ objects: parents(list), clocks: [list] });
  const reached = await reach(world, session, user, list, "read");
  requireParent(view, list);
  requireLife(view, list);

  const conditions = preconditions();
  const timestamp = view.touch(list).last;
  if (isFresh(conditions, timestamp)) return { notModified: true, timestamp };
  checkList(conditions, timestamp);
  const selected = await selection();
  return counted
    ? { timestamp, total: await count(world, session, list, reached, selected) }
    : { timestamp, ...(await select(world, session, list, reached, selected)) };
};
