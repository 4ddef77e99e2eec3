import { invalid } from "../errors.ts";
import { queryIssue } from "../lists/query-parameters.ts";
import { findAccessibleEntries } from "../objects/accessible-entries.ts";
import { requireParentExists } from "../objects/checks.ts";
import { type ListObjectsInput, type ListResult, listObjectsPlan } from "../objects/list-objects.ts";
import type { EntrySource } from "../objects/page-reader.ts";
import { checkListPreconditions, isNotModified, type NotModified } from "../objects/preconditions.ts";
import { createReadAsUser } from "../objects/read-as-user.ts";
import { countEntries, selectEntries } from "../objects/select.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { openVersions, requirePast, type VersionAccess } from "./access.ts";
import { versionedBucket } from "./create-versions.ts";
import { findPastGeneration } from "./find-past-object.ts";
import { createPastSource } from "./past-source.ts";

export interface ListPastObjectsInput extends ListObjectsInput {
  /** Parses the time in ms; called after the permission check. */
  readonly at: () => number;
}

/** GET and HEAD of a list as it was: what the user may read now, and could read then. */
export const listPastObjects = async (
  context: StoreContext,
  session: Session,
  access: VersionAccess,
  { list, user, preconditions, selection, place, counted, budget, at: readAt }: ListPastObjectsInput,
): Promise<ListResult | NotModified> => {
  const view = await session.read(listObjectsPlan(list));
  const accessible = await findAccessibleEntries(context, session, { list, user, permission: "read", budget, place });
  requireParentExists(view, list);
  const conditions = preconditions();
  const at = readAt();
  if (list.parent === null)
    throw invalid(queryIssue("_at", `No history of ${list.uri} is kept. Send _at to a bucket, or to a list in one.`));
  const versions = await openVersions(access, objectRef(list, "any"));
  const current = view.ensureTimestamp(list).timestamp;
  requirePast(at, Math.max(session.now, current));
  const timestamp = Math.min(at, current);
  if (isNotModified(conditions, timestamp)) return { notModified: true, timestamp };
  checkListPreconditions(conditions, timestamp);

  const read = context.readHooks && createReadAsUser(context, session, user, list);
  const selected = { ...(await selection(timestamp)), read };
  const bucket = versionedBucket(view, objectRef(list, "any"));
  const past = bucket && { versions, bucket, at, budget };
  const of = past && (await findPastGeneration(past, view, list));
  const source =
    past === undefined || of === undefined
      ? NO_ENTRIES
      : createPastSource(context, session, past, {
          list,
          of,
          user,
          shared: accessible === "all" ? undefined : accessible,
        });
  const part = { list, accessible, budget, source };
  return counted
    ? { timestamp, total: await countEntries(context, session, part, selected) }
    : { timestamp, ...(await selectEntries(context, session, part, selected)) };
};

const NO_ENTRIES: EntrySource = () => async () => ({ entries: [], bytes: 0 });
