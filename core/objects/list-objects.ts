import type { JsonObject } from "../../lib/json.ts";
import { invalid } from "../errors.ts";
import { createProjection } from "../lists/fields.ts";
import { readListQuery } from "../lists/list-query.ts";
import { isNewestFirst } from "../lists/sort.ts";
import type { UserId } from "../permissions/principals.ts";
import type { SharePlace } from "../permissions/shared-objects.ts";
import type { ListRef } from "../resources.ts";
import { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import type { RunInTransaction, TransactionPlan } from "../store/transact.ts";
import { parentsOf, parseData } from "../store/view.ts";
import {
  type AccessibleEntries,
  type AccessQuery,
  findAccessibleEntries,
  findSharedEntries,
} from "./accessible-entries.ts";
import { requireParentExists } from "./checks.ts";
import { countParts } from "./count-parts.ts";
import { checkListPreconditions, isNotModified, type NotModified, type Preconditions } from "./preconditions.ts";
import { createReadAsUser } from "./read-as-user.ts";
import { countEntries, type Selection, type SelectionCursor, type SelectionPage, selectEntries } from "./select.ts";
import type { StoreContext } from "./store-context.ts";

export interface ListObjectsInput {
  readonly list: ListRef;
  readonly user: UserId;
  /** Parses the preconditions; called after the permission check. */
  readonly preconditions: () => Preconditions;
  /** Parses the query; called after the permission check with the list's timestamp in ms. */
  readonly selection: (timestamp: number) => Promise<Selection>;
  /** Returns where the part of the shared entries starts that the query asks for. */
  readonly place: () => Promise<SharePlace | undefined>;
  /** Return the number of objects instead of the objects (HEAD). */
  readonly counted: boolean;
  readonly budget: ReadBudget;
}

/** `total` is `undefined` when there is too much to count. */
export type ListResult = { readonly timestamp: number } & ({ readonly total: number | undefined } | SelectionPage);

export const listObjectsPlan = (list: ListRef): TransactionPlan => ({
  objects: [],
  parents: parentsOf(list),
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
  { list, user, preconditions, selection, place, counted, budget }: ListObjectsInput,
): Promise<ListResult | NotModified> => {
  const view = await session.read(listObjectsPlan(list));
  const access = { list, user, permission: "read", budget } as const;
  const accessible = await findAccessibleEntries(context, session, { ...access, place });
  requireParentExists(view, list);

  const conditions = preconditions();
  const { timestamp } = view.ensureTimestamp(list);
  if (isNotModified(conditions, timestamp)) return { notModified: true, timestamp };
  checkListPreconditions(conditions, timestamp);
  const read = context.readHooks && createReadAsUser(context, session, user, list);
  const selected = { ...(await selection(timestamp)), read };
  return counted
    ? { timestamp, total: await countSelected(context, session, access, accessible, selected) }
    : { timestamp, ...(await selectEntries(context, session, { list, accessible, budget }, selected)) };
};

/** Counts the entries that match a selection, in all parts if only some are shared; `undefined` if there are too many. */
const countSelected = (
  context: StoreContext,
  session: Session,
  access: Omit<AccessQuery, "place">,
  accessible: AccessibleEntries,
  selection: Selection,
): Promise<number | undefined> => {
  const { list, budget } = access;
  return countParts<SharePlace>(async (place) => {
    const part = place === undefined ? accessible : await findSharedEntries(context, session, { ...access, place });
    const count = await countEntries(context, session, { list, accessible: part, budget }, selection);
    return { count, next: part === "all" ? undefined : part.next };
  }, budget);
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
 * Iterates over the objects of a list that a user may read, page by page. Each page may read as much as a request.
 * Changes nothing, not even a missing timestamp.
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
      const view = await session.read(plan);
      const newest = Math.max(session.now, view.clock(list)?.timestamp ?? 0);
      const { limit, fields, ...selection } = readListQuery(params, newest);
      const place = async () => after?.shares;
      const budget = new ReadBudget(context.limits.readBytes);
      const access = { list, user, permission: "read", place, budget } as const;
      const accessible = await findAccessibleEntries(context, session, access);
      requireParentExists(view, list);
      const pageLimit = isNewestFirst(selection.sorts) ? ENTRIES_PER_READ : undefined;
      const part = { list, accessible, budget };
      const page = await selectEntries(context, session, part, { ...selection, limit: pageLimit, after });
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
