import type { JsonObject } from "../../lib/json.ts";
import { invalid } from "../errors.ts";
import { createProjection } from "../lists/fields.ts";
import { readListQuery } from "../lists/list-query.ts";
import { isNewestFirst } from "../lists/sort.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ListRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { RunInTransaction } from "../store/transact.ts";
import { parentsOf, parseData } from "../store/view.ts";
import { findAccessibleEntries } from "./accessible-entries.ts";
import {
  checkListPreconditions,
  isNotModified,
  type NotModified,
  type Preconditions,
  requireParent,
  requireParentExists,
} from "./checks.ts";
import { countEntries, type Selection, type SelectionCursor, type SelectionPage, selectEntries } from "./select.ts";
import type { StoreContext } from "./store-context.ts";

export interface ListObjectsInput {
  readonly list: ListRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** Reads what is asked for; throws what is wrong with it. Asked only when the user may read. */
  readonly selection: () => Promise<Selection>;
  /** HEAD: how many there are, rather than which. */
  readonly counted: boolean;
}

export type ListResult = { readonly timestamp: number } & ({ readonly total: number } | SelectionPage);

/**
 * GET and HEAD on a list: all of it to those who may read its parent, to others what is shared with them.
 * A list that was never written to gets its timestamp at its first read, and keeps it.
 */
export const listObjects = async (
  world: StoreContext,
  session: Session,
  { list, user, preconditions, selection, counted }: ListObjectsInput,
): Promise<ListResult | NotModified> => {
  const view = await session.read({ objects: parentsOf(list), clocks: [list] });
  const reached = await findAccessibleEntries(world, session, user, list, "read");
  requireParent(view, list);
  requireParentExists(view, list);

  const conditions = preconditions();
  const timestamp = view.ensureTimestamp(list).timestamp;
  if (isNotModified(conditions, timestamp)) return { notModified: true, timestamp };
  checkListPreconditions(conditions, timestamp);
  const selected = await selection();
  return counted
    ? { timestamp, total: await countEntries(world, session, list, reached, selected) }
    : { timestamp, ...(await selectEntries(world, session, list, reached, selected)) };
};

export interface WalkListInput {
  readonly list: ListRef;
  readonly user: UserId;
  /** As in the protocol; `_limit` is how many there are in all. */
  readonly query: Readonly<Record<string, string>>;
}

/** Entries read at a time, where the list's own order is asked for: each may have 400 KB. */
const STRIDE = 200;

/** What a user reaches of a list, page by page; changes nothing, not even the timestamp of a list that never had one. */
export async function* walkList(
  world: StoreContext,
  run: RunInTransaction,
  { list, user, query }: WalkListInput,
): AsyncGenerator<JsonObject> {
  if ("_token" in query)
    throw invalid({
      location: "querystring",
      name: "_token",
      description: "A list is walked to its end without tokens",
    });
  const params = new URLSearchParams(query);
  const plan = { objects: parentsOf(list), clocks: [list], writes: [] };
  const page = (after: SelectionCursor | undefined) =>
    run(plan, async (session: Session) => {
      const { limit, fields, ...asked } = readListQuery(params, session.now);
      const view = await session.read(plan);
      const reached = await findAccessibleEntries(world, session, user, list, "read");
      requireParent(view, list);
      requireParentExists(view, list);
      const stride = isNewestFirst(asked.sorts) ? STRIDE : undefined;
      return {
        limit,
        fields,
        ...(await selectEntries(world, session, list, reached, { ...asked, limit: stride, after })),
      };
    });

  let found = 0;
  let after: SelectionCursor | undefined;
  do {
    const {
      entries,
      next,
      limit = Number.POSITIVE_INFINITY,
      fields,
    }: SelectionPage & { limit: number | undefined; fields: readonly string[] | undefined } = await page(after);
    const shown = fields === undefined ? (data: JsonObject) => data : createProjection(fields);
    for (const entry of entries) {
      if (found++ >= limit) return;
      yield shown(parseData(entry));
    }
    after = next;
  } while (after !== undefined);
}
