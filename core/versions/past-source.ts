import type { SharedEntries } from "../objects/accessible-entries.ts";
import type { EntrySource } from "../objects/page-reader.ts";
import type { StoreContext } from "../objects/store-context.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ChangeCursor, ListEntry, StoredObject } from "../ports/store.ts";
import { type ListRef, objectRef } from "../resources.ts";
import { isBehind, type Session } from "../store/session.ts";
import type { Past, PastGeneration } from "./past.ts";
import { selectReadable } from "./past-access.ts";
import { isWithin, toEntries, toPage } from "./past-page.ts";
import { readEndedGeneration } from "./read-ended-generation.ts";
import { readPastObjects } from "./read-past-objects.ts";

/** Changes, and entries, read at a time. */
const CHANGES_PER_READ = 1000;
/** Entries that are read at least if those of the page have all changed. */
const MIN_FURTHER_ENTRIES = 20;
/** Shared objects read at a time. Each may have 400 KB. */
const SHARED_PER_READ = 50;

/** A list at a time, for a user. */
interface PastList {
  readonly list: ListRef;
  readonly of: PastGeneration;
  readonly user: UserId;
  /** The objects that are shared with the user now, if the user may not read all. */
  readonly shared: SharedEntries | undefined;
}

/** Creates a reader of the entries that a list had. */
export const createPastSource = (
  context: StoreContext,
  session: Session,
  past: Past,
  { list, of, user, shared }: PastList,
): EntrySource => {
  if (of.isCurrent && shared === undefined) return createCurrentSource(session, past, list, of);
  let reading: Promise<readonly StoredObject[]> | undefined;
  const readAll = async () => {
    const found = of.isCurrent
      ? await readShared(session, past, list, of, shared)
      : await readEnded(past, list, of, shared);
    return selectReadable(context, session, list, user, found);
  };
  return (bounds) => async (after, limit) => {
    reading ??= readAll();
    const entries = toEntries(await reading).filter((entry) => isWithin(entry, bounds));
    return toPage(entries, after, limit, { bytes: 0 });
  };
};

/** Reads the objects that are shared with the user now, as they were. */
const readShared = async (
  session: Session,
  past: Past,
  list: ListRef,
  { generation }: PastGeneration,
  shared: SharedEntries | undefined,
): Promise<readonly StoredObject[]> => {
  const ids = shared?.entries.map(({ id }) => id) ?? [];
  const found: StoredObject[] = [];
  for (let i = 0; i < ids.length; i += SHARED_PER_READ) {
    const read = await session.readOnce(ids.slice(i, i + SHARED_PER_READ).map((id) => objectRef(list, id)));
    past.budget.spend(read.bytes);
    const changed = read.objects.filter(([, { revision }]) => revision > past.at).map(([{ id }]) => id);
    found.push(...read.objects.flatMap(([, object]) => (object.revision > past.at ? [] : [object])));
    found.push(...(await readPastObjects(past, list, generation, changed)).values());
  }
  return found;
};

const readEnded = async (
  past: Past,
  list: ListRef,
  { generation }: PastGeneration,
  shared: SharedEntries | undefined,
): Promise<readonly StoredObject[]> => {
  const all = await readEndedGeneration(past, list, generation);
  return shared === undefined ? [...all.values()] : shared.entries.flatMap(({ id }) => all.get(id) ?? []);
};

/**
 * Reads pages of what has not changed since, with what was in the place of the rest. What has changed is read after each
 * page, so that nothing is missed of a list that changes meanwhile.
 */
const createCurrentSource = (
  session: Session,
  past: Past,
  list: ListRef,
  { generation: parentGeneration }: PastGeneration,
): EntrySource => {
  const changed = new Map<string, StoredObject | undefined>();
  let position = past.at;
  /** What is not committed yet, in a batch. */
  const readPending = async () => {
    for (const { ref, before } of session.view.changesIn(list)) {
      const isUnchanged = before !== undefined && before.revision <= past.at;
      const kept = isUnchanged
        ? before
        : before && (await readPastObjects(past, list, parentGeneration, [ref.id])).get(ref.id);
      changed.set(ref.id, kept?.parentGeneration === parentGeneration ? kept : undefined);
    }
  };
  const followChanges = async () => {
    const clock = await session.readNewClock(list);
    let after: ChangeCursor | undefined = { revision: position };
    while (after !== undefined) {
      const page = await session.readChanges(list, { parentGeneration, after, limit: CHANGES_PER_READ });
      const ids = [...new Set(page.changes.map(({ id }) => id))].filter((id) => !changed.has(id));
      past.budget.spend(page.changes.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0));
      const were = await readPastObjects(past, list, parentGeneration, ids);
      for (const id of ids) changed.set(id, were.get(id));
      after = page.next;
    }
    position = Math.max(position, clock?.timestamp ?? 0);
  };
  return (bounds) =>
    async (start, limit, { pageBytes: maxBytes }) => {
      const { since, before, tombstones } = bounds;
      const found: ListEntry[] = [];
      let [after, bytes, size] = [start, 0, limit];
      while (true) {
        const query = { parentGeneration, since, before, tombstones, limit: size, after, maxBytes };
        const stored = await session.readPage(list, query);
        if (changed.size === 0) await readPending();
        await followChanges();
        bytes += stored.bytes;
        found.push(...stored.entries);
        const { next } = stored;
        const were = toEntries([...changed.values()].flatMap((was) => was ?? []));
        const entries = [
          ...found.filter(({ id }) => !changed.has(id)),
          ...were.filter((entry) => isWithin(entry, bounds) && (next === undefined || !isBehind(entry, next))),
        ];
        const page = toPage(entries, start, limit, { ...stored, bytes });
        // Of a page of what has changed since, nothing may be left.
        const isFull = page.entries.length === limit || page.next === undefined || page.next !== next;
        if (isFull || bytes >= past.budget.restBytes || past.budget.isSpent) return page;
        after = next;
        size = Math.min(2 * size + MIN_FURTHER_ENTRIES, CHANGES_PER_READ);
      }
    };
};
