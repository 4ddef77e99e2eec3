import { type IndexWrite, IndexWriteError } from "../../../core/ports/search-engine.ts";
import { type Generation, parseListUri } from "../../../core/resources.ts";
import type { JsonObject } from "../../../lib/json.ts";
import type { Cluster } from "./client.ts";
import { toAlias } from "./index-template.ts";
import { type BulkResponse, type DefinedWrite, writeInBulk } from "./index-writes.ts";
import type { IndexMaker } from "./indexes.ts";
import { type EngineContext, type ListState, readListState } from "./list-state.ts";
import { advancePosition, hashSettings, type IndexedList } from "./positions.ts";
import { toGroup } from "./search-scope.ts";
import { readVersions, sendBulk, toPlace, writePosition, writeSettings } from "./stored-documents.ts";

/** Applies writes, then moves the positions of their generations. Leaves out generations that have ended. */
export const applyWrites = async (
  cluster: Cluster,
  indexes: IndexMaker,
  context: EngineContext,
  writes: readonly IndexWrite[],
): Promise<void> => {
  const lists = await readLists(context, writes);
  const byType = Map.groupBy(
    writes.flatMap((write) => {
      const found = lists.get(write.index);
      return found === undefined ? [] : [{ ...write, definition: found.definition, type: found.type }];
    }),
    ({ type }) => type,
  );
  const results = await Promise.allSettled(
    Array.from(byType, ([type, ofType]) => writeType(cluster, indexes, type, ofType)),
  );
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  for (const failure of failures) if (!(failure instanceof IndexWriteError)) throw failure;
  const written = new Map(writes.map(({ index, variant }) => [toGroup(index, variant), index]));
  for (const [group, generation] of written) {
    const found = lists.get(generation);
    if (found === undefined) continue;
    await advanceGroup(cluster, context, { ...found, generation, group });
  }
  for (const failure of failures) throw failure;
};

/** Version of the settings of a new generation. Those that a rebuild writes have the present time. */
const NEW_GENERATION_VERSION = 1;

/** Moves the position of documents as far as the index is complete. Returns it. */
export const advanceGroup = (
  cluster: Cluster,
  { store }: Pick<EngineContext, "store">,
  index: IndexedList & Pick<ListState, "type" | "definition">,
): Promise<number> => {
  const target = toAlias(index.type);
  return advancePosition(
    {
      store,
      readVersions: (generation, ids) => readVersions(cluster, target, generation, ids),
      writePosition: (...moved) => writePosition(cluster, target, ...moved),
      writeSettings: ({ generation }) =>
        writeSettings(cluster, target, generation, hashSettings(index.definition), NEW_GENERATION_VERSION),
    },
    index,
  );
};

/** The lists of the writes by generation, without ended ones. */
const readLists = async (
  context: EngineContext,
  writes: readonly IndexWrite[],
): Promise<ReadonlyMap<Generation, ListState>> => {
  const uris = new Map(writes.map(({ index, list }) => [index, list]));
  const states = await Promise.all(
    Array.from(uris, async ([generation, uri]) => {
      const list = parseListUri(context.resources, uri);
      const state = list && (await readListState(context, list, generation));
      return state && ([generation, state] as const);
    }),
  );
  return new Map(states.filter((state) => state !== undefined));
};

const writeType = async (
  cluster: Cluster,
  indexes: IndexMaker,
  type: string,
  writes: readonly DefinedWrite[],
): Promise<void> => {
  await indexes.ensure(type);
  const send = async (lines: readonly JsonObject[]): Promise<BulkResponse> => {
    const response = await sendBulk(cluster, lines);
    // The index has been deleted since this process looked for it.
    if (!response.items?.some(({ index }) => index.error?.type === "index_not_found_exception")) return response;
    indexes.forget(type);
    await indexes.ensure(type);
    return sendBulk(cluster, lines);
  };
  await writeInBulk(writes, {
    toPlace: (generation) => toPlace(cluster, toAlias(type), generation),
    now: Date.now(),
    send,
  });
};
