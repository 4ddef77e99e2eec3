import type { JsonObject } from "../../lib/json.ts";
import { invalid } from "../errors.ts";
import { createProjection } from "../lists/fields.ts";
import { readListQuery } from "../lists/list-query.ts";
import { isNewestFirst } from "../lists/sort.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ListRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { RunInTransaction, TransactionPlan } from "../store/transact.ts";
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
  /** Parses the preconditions; called after the permission check. */
  readonly preconditions: () => Preconditions;
  /** Parses the query; called after the permission check. */
  readonly selection: () => Promise<Selection>;
  /** Return the number of objects instead of the objects (HEAD). */
  readonly counted: boolean;
}

export type ListResult = { readonly timestamp: number } & ({ readonly total: number } | SelectionPage);

export const listObjectsPlan = (list: ListRef): TransactionPlan => ({
  objects: parentsOf(list),
  clocks: [list],
  writes: [],
});

/**
 * GET and HEAD of a list. Returns all objects to users who may read the parent, and shared objects to others.
 * The first read of a list that was never written to sets its timestamp.
 */
export const listObjects = async (
  context: StoreContext,
  session: Session,
  { list, user, preconditions, selection, counted }: ListObjectsInput,
): Promise<ListResult | NotModified> => {
  const view = await session.read(listObjectsPlan(list));
  const accessible = await findAccessibleEntries(context, session, user, list, "read");
  requireParent(view, list);
  requireParentExists(view, list);

  const conditions = preconditions();
  const { timestamp } = view.ensureTimestamp(list);
  if (isNotModified(conditions, timestamp)) return { notModified: true, timestamp };
  checkListPreconditions(conditions, timestamp);
  const selected = await selection();
  return counted
    ? { timestamp, total: await countEntries(context, session, list, accessible, selected) }
    : { timestamp, ...(await selectEntries(context, session, list, accessible, selected)) };
};

export interface WalkListInput {
  readonly list: ListRef;
  readonly user: UserId;
  /** The query parameters of the HTTP API. `_limit` limits the total number of objects. */
  readonly query: Readonly<Record<string, string>>;
}

/** Entries read at a time in the list's own order. Each may have 400 KB. */
const ENTRIES_PER_READ = 200;

/**
 * Iterates over the objects of a list that a user may read, page by page. Changes nothing, not even a missing
 * timestamp.
 */
export async function* walkList(
  context: StoreContext,
  run: RunInTransaction,
  { list, user, query }: WalkListInput,
): AsyncGenerator<JsonObject> {
  if ("_token" in query)
    throw invalid({
      location: "querystring",
      name: "_token",
      description: "_token is not supported here: all pages are read",
    });
  const params = new URLSearchParams(query);
  const plan = listObjectsPlan(list);
  const readPage = (after: SelectionCursor | undefined) =>
    run(plan, async (session: Session) => {
      const { limit, fields, ...selection } = readListQuery(params, session.now);
      const view = await session.read(plan);
      const accessible = await findAccessibleEntries(context, session, user, list, "read");
      requireParent(view, list);
      requireParentExists(view, list);
      const pageLimit = isNewestFirst(selection.sorts) ? ENTRIES_PER_READ : undefined;
      const page = await selectEntries(context, session, list, accessible, { ...selection, limit: pageLimit, after });
      return { limit, fields, ...page };
    });

  let found = 0;
  let after: SelectionCursor | undefined;
  do {
    const {
      entries,
      next,
      limit = Number.POSITIVE_INFINITY,
      fields,
    }: SelectionPage & { limit: number | undefined; fields: readonly string[] | undefined } = await readPage(after);
    const project = fields === undefined ? (data: JsonObject) => data : createProjection(fields);
    for (const entry of entries) {
      if (found++ >= limit) return;
      yield project(parseData(entry));
    }
    after = next;
  } while (after !== undefined);
}
