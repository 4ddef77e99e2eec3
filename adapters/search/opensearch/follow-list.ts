import type { CollectionProgress, IndexWrite, RecordDocuments } from "../../../core/ports/search-engine.ts";
import type { ChangeCursor, ChangesPage, ListChange } from "../../../core/ports/store.ts";
import type { Generation, ListRef, ObjectRef } from "../../../core/resources.ts";
import { parseData } from "../../../core/store/view.ts";
import type { Cluster } from "./client.ts";
import { writeInBulk } from "./index-writes.ts";
import { type EngineContext, readListState } from "./list-state.ts";
import { hashSettings, toSettingsId } from "./positions.ts";
import { toGroup } from "./search-scope.ts";
import { readVersions, sendBulk, toPlace, writePosition, writeSettings } from "./stored-documents.ts";

export interface FollowOptions {
  readonly context: EngineContext;
  readonly documents: RecordDocuments;
  /** Name of the index or alias. */
  readonly target: string;
  /** Writes all records again, instead of what has changed since the position. */
  readonly anew?: CollectionProgress | undefined;
  readonly signal: AbortSignal;
  /** Called after each page with the number of its writes. */
  readonly onPage: (writes: number) => void;
}

const CHANGES_PER_PAGE = 200;

/**
 * Writes what has changed in a list since the position that an index has of it, and moves the position page by page. So
 * an interrupted call can be repeated, and continues.
 * @returns the number of writes, and whether the index is complete up to the list's timestamp at the start
 */
export const followList = async (
  cluster: Cluster,
  list: ListRef,
  generation: Generation,
  options: FollowOptions,
): Promise<{ readonly writes: number; readonly isComplete: boolean }> => {
  const { context, documents, target, signal, onPage } = options;
  const state = await readListState(context, list, generation);
  const collection = list.parent;
  if (state === undefined || collection === null) return { writes: 0, isComplete: true };
  const settings = hashSettings(state.definition);
  const [main, admin, kept] = await readVersions(cluster, target, generation, [
    toGroup(generation, undefined),
    toGroup(generation, "admin"),
    toSettingsId(generation),
  ]);
  // What was written by former settings is written again.
  const anew = options.anew ?? (kept !== undefined && kept.settings !== settings ? {} : undefined);
  let hasAdmin = admin !== undefined;
  const position = main?.position ?? 0;
  if (anew === undefined && position === state.timestamp) return { writes: 0, isComplete: true };
  // A list that was set back is followed from the start.
  const start = position > state.timestamp ? 0 : position;
  let after: ChangeCursor | undefined = { revision: anew === undefined ? start : (anew.startAt ?? 0) };
  const move = async (to: number) => {
    const moved = hasAdmin ? ([undefined, "admin"] as const) : ([undefined] as const);
    for (const variant of moved) {
      const { version = 0 } = (variant === undefined ? main : admin) ?? {};
      await writePosition(
        cluster,
        target,
        { generation, group: toGroup(generation, variant) },
        to,
        Math.max(to, version),
      );
    }
  };
  const place = toPlace(cluster, target, generation);
  const hasSettings = async () => {
    const present = await readListState(context, list, generation);
    return present === undefined || hashSettings(present.definition) === settings;
  };
  const keepSettings = () => writeSettings(cluster, target, generation, settings, Date.now());
  if (anew === undefined && kept === undefined) await keepSettings();
  let count = 0;
  while (after !== undefined) {
    if (signal.aborted) return { writes: count, isComplete: false };
    const { changes, next }: ChangesPage = await context.store.readChanges(list, {
      parentGeneration: generation,
      after,
      limit: CHANGES_PER_PAGE,
    });
    const writes = (
      await Promise.all(changes.map((change) => toWrites(change, { list, generation, collection, documents })))
    ).flat();
    hasAdmin ||= writes.some(({ variant }) => variant !== undefined);
    await writeInBulk(
      writes.map((write) => ({ ...write, definition: state.definition, replay: true })),
      { toPlace: () => place, now: Date.now(), send: (lines) => sendBulk(cluster, lines) },
    );
    count += writes.length;
    onPage(writes.length);
    // Of two rebuilds at the same time, both have to write by the new settings.
    if (!(await hasSettings())) {
      const rest = await followList(cluster, list, generation, { ...options, anew: { ...options.anew, startAt: 0 } });
      return { ...rest, writes: count + rest.writes };
    }
    // Objects of one transaction can have the same revision.
    const reached = Math.min(state.timestamp, next === undefined ? state.timestamp : next.revision - 1);
    if (anew === undefined) await move(reached);
    else await anew.onPosition?.(reached);
    after = next;
  }
  if (anew !== undefined) {
    await move(state.timestamp);
    await keepSettings();
  }
  return { writes: count, isComplete: true };
};

interface WriteContext {
  readonly list: ListRef;
  readonly generation: Generation;
  readonly collection: ObjectRef;
  readonly documents: RecordDocuments;
}

/** The writes of a changed record: one for all users, and one for administrators if there is such a document. */
export const toWrites = async (
  change: Pick<ListChange, "id" | "revision" | "deleted" | "json">,
  { list, generation, collection, documents }: WriteContext,
): Promise<readonly IndexWrite[]> => {
  const { document, adminDocument } = await documents(collection, change.deleted ? null : parseData(change));
  const write = { list: list.uri, index: generation, id: change.id, version: change.revision, document };
  return adminDocument === undefined ? [write] : [write, { ...write, document: adminDocument, variant: "admin" }];
};
