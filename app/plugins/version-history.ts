import { Failure } from "../../core/errors.ts";
import { requireDeletionQuery } from "../../core/lists/query-parameters.ts";
import { listObjectsPlan } from "../../core/objects/list-objects.ts";
import { BUCKETS, isId, listRef, objectRef } from "../../core/resources.ts";
import { ReadBudget } from "../../core/store/read-budget.ts";
import { transact } from "../../core/store/transact.ts";
import { parseData } from "../../core/store/view.ts";
import { openVersions } from "../../core/versions/access.ts";
import { toEntryId } from "../../core/versions/history-entry.ts";
import { listPastObjects } from "../../core/versions/list-past-objects.ts";
import { type FoundHistory, type HistoryQuery, readHistory } from "../../core/versions/read-history.ts";
import { revert } from "../../core/versions/revert.ts";
import { trimHistory } from "../../core/versions/trim-history.ts";
import type { HistoryPage, HistoryRequest, VersionHistory } from "../../kit/version-history.ts";
import type { AppContext } from "../app-context.ts";
import { runOwn } from "./plugin-data.ts";

/** Entries that are counted at a time. */
const ENTRIES_PER_COUNT = 10_000;

/** Creates a plugin's access to the versions of all objects. */
export const createVersionHistory = (app: AppContext): VersionHistory => {
  const { storeContext, transactions, now } = app;
  const read = async (
    { bucket, user, query, counted }: HistoryRequest & Pick<HistoryQuery, "counted">,
    permission: "read" | "write",
    context = storeContext,
  ): Promise<FoundHistory> => {
    const versions = await app.versions.open();
    const ref = objectRef(BUCKETS, bucket);
    const members = user === null ? [] : [user];
    const plan = { objects: [], parents: isId(bucket) ? [ref] : [], clocks: [], members, writes: [] };
    return transact(transactions, plan, (session) =>
      readHistory(context, session, versions, { bucket: ref, user, query, permission, ...(counted && { counted }) }),
    );
  };
  return {
    list: async (request) => {
      const page = await read(request, "read");
      return toPage(
        page,
        page.timestamp,
        page.found.map(({ data }) => page.project(data)),
      );
    },
    count: async (request) => {
      const limits = { ...storeContext.limits, page: ENTRIES_PER_COUNT };
      const page = await read({ ...request, counted: true }, "read", { ...storeContext, limits });
      return { timestamp: page.timestamp, total: page.token === undefined ? page.found.length : undefined };
    },
    delete: async (request) => {
      const page = await read(request, "write");
      requireDeletionQuery(new URLSearchParams(request.query));
      const versions = await app.versions.open();
      const time = Math.max(now(), page.timestamp + 1);
      const deleted = page.found.map(({ version }) => version);
      if (deleted.length > 0) await versions.delete(page.kept, deleted, time);
      return toPage(
        page,
        deleted.length > 0 ? time : page.timestamp,
        deleted.map((version) => ({ id: toEntryId(version), last_modified: time, deleted: true })),
      );
    },
    snapshot: async ({ bucket, collection, user, at }) => {
      const { core } = storeContext.resources;
      const of = objectRef(listRef(core.collection, objectRef(BUCKETS, bucket)), collection);
      const list = listRef(core.record, of);
      const members = user === null ? [] : [user];
      const budget = new ReadBudget(storeContext.limits.readBytes);
      // Snapshots have no pages.
      const limits = { ...storeContext.limits, page: app.config.settings.storageMaxFetchSize };
      const rewind = budget.savepoint();
      const result = await transact(transactions, { ...listObjectsPlan(list), members }, (session) => {
        rewind();
        return listPastObjects({ ...storeContext, limits }, session, app.versions, {
          list,
          user,
          budget,
          counted: false,
          preconditions: () => ({}),
          place: async () => undefined,
          selection: async () => ({ tombstones: false, filters: [], sorts: [] }),
          at: () => Math.min(at, Math.max(session.now, session.view.clock(list)?.timestamp ?? 0)),
        });
      });
      if ("notModified" in result || "total" in result) throw new TypeError("The snapshot has no entries.");
      if (result.next !== undefined)
        throw new Failure("REQUEST_TOO_LARGE", {
          message: `The snapshot does not fit into one response. Read GET ${list.uri}?_at=${at} in pages.`,
        });
      return { timestamp: result.timestamp, records: result.entries.map(parseData) };
    },
    revert: async ({ uri, ...request }, start, save) => {
      const target = storeContext.resources.parseUri(uri);
      if (target === undefined) throw new TypeError(`'${uri}' is not the URI of an object.`);
      const versions = await openVersions(app.versions, target);
      const context = { storeContext, versions, run: runOwn(app) };
      return revert(context, { target, ...request }, start, save);
    },
    trim: async (limits, start = { trimmed: 0 }, save) =>
      trimHistory(app.store, await app.versions.open(), { ...limits, now: now() }, start, save),
  };
};

const toPage = ({ limit, token }: FoundHistory, timestamp: number, entries: HistoryPage["entries"]): HistoryPage => ({
  timestamp,
  entries,
  ...(token !== undefined && { next: { limit, token } }),
});
