import type { ReadBounds } from "../objects/page-reader.ts";
import { type ListEntry, MAX_PAGE_BYTES, type Page, type PageCursor, type StoredObject } from "../ports/store.ts";
import { isBehind, newestFirst } from "../store/session.ts";

type PastEntry = ListEntry & Pick<StoredObject, "deleted">;

/** The entries of objects as they were. */
export const toEntries = (objects: readonly StoredObject[]): readonly PastEntry[] =>
  objects.map(({ json, last_modified, deleted }) => ({
    id: String(JSON.parse(json).id),
    json,
    last_modified,
    deleted,
  }));

export const isWithin = (
  { last_modified, deleted }: PastEntry,
  { since = -1, before = Number.POSITIVE_INFINITY, tombstones }: ReadBounds,
): boolean => last_modified > since && last_modified < before && (tombstones || !deleted);

/** Sorts entries, and returns those that fit into the page behind a cursor. @param read what they were read by */
export const toPage = (
  all: readonly ListEntry[],
  after: PageCursor | undefined,
  limit: number,
  { next, bytes }: Pick<Page, "next" | "bytes">,
): Page => {
  const entries = all.filter((entry) => after === undefined || isBehind(entry, after)).sort(newestFirst);
  const page = entries.slice(0, countFitting(entries, limit));
  const last = page.at(-1);
  const end =
    page.length < entries.length && last !== undefined ? { last_modified: last.last_modified, id: last.id } : next;
  return { entries: page, bytes, ...(end && { next: end }) };
};

/** Counts the first entries that fit into a page, at least one. */
const countFitting = (entries: readonly ListEntry[], limit: number): number => {
  let bytes = 0;
  const end = entries.findIndex(({ json }, index) => {
    bytes += Buffer.byteLength(json);
    return index > 0 && bytes > MAX_PAGE_BYTES;
  });
  return Math.min(end === -1 ? entries.length : end, limit);
};
