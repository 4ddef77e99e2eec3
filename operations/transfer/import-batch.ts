import type { AppContext } from "../../app/app-context.ts";
import type { ReceivedParts, Transfers } from "../../app/plugins/transfers.ts";
import { Failure } from "../../core/errors.ts";
import type { StoredObject } from "../../core/ports/store.ts";
import { type ListRef, type ObjectRef, objectRef } from "../../core/resources.ts";
import type { TransactionContext } from "../../core/store/transact.ts";
import { parseData } from "../../core/store/view.ts";
import {
  type ImportedEntry,
  type ImportOutcome,
  importEntries,
  readExisting,
} from "../../core/transfer/import-entries.ts";
import { digestEntry } from "../../core/transfer/tally.ts";
import type { JsonObject } from "../../lib/json.ts";

/** An entry of a file, with what plugins have added to it. */
export interface ReceivedEntry extends ImportedEntry {
  readonly parts: ReceivedParts;
}

/** What was done, or in a dry run would be done, about an entry. */
export type EntryOutcome = ImportOutcome | { readonly kind: "unchanged" };

export interface BatchContext {
  readonly app: AppContext;
  readonly transfers: Transfers;
  /** The transactions of the import, which keep no versions and run no hooks. */
  readonly transactions: TransactionContext;
  /** In a dry run, the URIs of the objects that it would create. It writes nothing. */
  readonly planned: Set<string> | undefined;
}

/**
 * Imports entries of one list: skips those that are here already, stores what plugins have added to the others, then
 * writes them in one transaction.
 */
export const importBatch = async (
  { transfers, transactions, planned }: BatchContext,
  list: ListRef,
  entries: readonly ReceivedEntry[],
): Promise<readonly EntryOutcome[]> => {
  const existing = await readExisting(
    transactions,
    list,
    entries.map(({ id }) => id),
  );
  const outcomes = new Map<ReceivedEntry, EntryOutcome>();
  const imported = new Map<ReceivedEntry, ImportedEntry>();
  for (const entry of entries) {
    const ref = objectRef(list, entry.id);
    const stored = existing?.get(entry.id);
    try {
      const present = await packStored(transfers, ref, stored);
      const known = findOutcome(entry, stored, present);
      if (known !== undefined) outcomes.set(entry, known);
      else imported.set(entry, { ...entry, data: await unpack(transfers, ref, entry, present) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      outcomes.set(entry, { kind: "refused", reason: error.message });
    }
  }
  if (imported.size > 0) {
    const trial = planned && { hasParent: list.parent !== null && planned.has(list.parent.uri) };
    const written = await importEntries(transactions, list, [...imported.values()], trial);
    for (const [index, entry] of [...imported.keys()].entries()) {
      const outcome = written[index] as ImportOutcome;
      outcomes.set(entry, outcome);
      // Only what contains others is asked for later.
      const isPlanned = outcome.kind === "created" && entry.data !== undefined && list.resource.children.length > 0;
      if (isPlanned) planned?.add(objectRef(list, entry.id).uri);
    }
  }
  return entries.map((entry) => outcomes.get(entry) as EntryOutcome);
};

interface PresentEntry {
  readonly data: JsonObject;
  readonly extras: Readonly<Record<string, JsonObject>>;
}

const packStored = async (
  transfers: Transfers,
  ref: ObjectRef,
  stored: StoredObject | undefined,
): Promise<PresentEntry | undefined> => {
  if (stored === undefined || stored.deleted) return undefined;
  const { data, parts } = await transfers.pack(ref, parseData(stored));
  const extras = Object.entries(parts).flatMap(([plugin, { extra }]) => (extra ? [[plugin, extra] as const] : []));
  return { data, extras: Object.fromEntries(extras) };
};

/** The outcome of an entry that is not written. */
const findOutcome = (
  entry: ReceivedEntry,
  stored: StoredObject | undefined,
  present: PresentEntry | undefined,
): EntryOutcome | undefined => {
  if (stored === undefined) return undefined;
  const { last_modified = stored.last_modified } = entry;
  if (stored.last_modified > last_modified) return { kind: stored.deleted && !entry.data ? "unchanged" : "newer" };
  if (stored.last_modified < last_modified || stored.deleted !== (entry.data === undefined)) return undefined;
  if (entry.data === undefined) return { kind: "unchanged" };
  // What the file lacks, such as a password that its source does not show, is not compared.
  const given = Object.entries(entry.parts).flatMap(([plugin, { extra }]) => (extra ? [[plugin, extra] as const] : []));
  const extras = Object.fromEntries(given.map(([plugin]) => [plugin, present?.extras[plugin] ?? {}]));
  const { id, data, permissions = stored.acl } = entry;
  const before = { id, last_modified, data: present?.data ?? {}, permissions: stored.acl, extra: extras };
  const after = { id, last_modified, data, permissions, extra: Object.fromEntries(given) };
  return digestEntry(before) === digestEntry(after) ? { kind: "unchanged" } : undefined;
};

/** Stores what belongs to an entry. What the file lacks stays as it is. */
const unpack = async (
  transfers: Transfers,
  ref: ObjectRef,
  { data, parts }: ReceivedEntry,
  present: PresentEntry | undefined,
): Promise<JsonObject | undefined> => {
  if (data === undefined) return undefined;
  const kept = Object.fromEntries(Object.entries(present?.extras ?? {}).map(([plugin, extra]) => [plugin, { extra }]));
  const all = Object.fromEntries(
    [...new Set([...Object.keys(kept), ...Object.keys(parts)])].map((plugin) => [
      plugin,
      { ...kept[plugin], ...parts[plugin] },
    ]),
  );
  return transfers.unpack(ref, data, all);
};
