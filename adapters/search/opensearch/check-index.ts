import { setTimeout as sleep } from "node:timers/promises";
import {
  type CheckOptions,
  type IndexCheck,
  type IndexDifference,
  type IndexVariant,
  type IndexWrite,
  TOMBSTONE_RETENTION_MS,
} from "../../../core/ports/search-engine.ts";
import type { ChangeCursor, ChangesPage } from "../../../core/ports/store.ts";
import { type Generation, type ListRef, objectRef } from "../../../core/resources.ts";
import type { Json } from "../../../lib/json.ts";
import { advanceGroup } from "./apply-writes.ts";
import { deleteByQuery } from "./delete-by-query.ts";
import { toWrites } from "./follow-list.ts";
import { INDEX_PREFIX, toAlias } from "./index-template.ts";
import { writeInBulk } from "./index-writes.ts";
import { readListState, typeOf } from "./list-state.ts";
import { indexedLists, type Maintained } from "./reindex.ts";
import { toDocumentId, toGroup } from "./search-scope.ts";
import { readVersions, sendBulk, toPlace } from "./stored-documents.ts";

const RECORDS_PER_PAGE = 200;
/** Maximum number of differences. With more, the index is better built anew. */
const MAX_DIFFERENCES = 10_000;
const MAX_GENERATIONS = 10_000;
/** The document of administrators is compared where there is one. */
const VARIANTS: readonly (IndexVariant | undefined)[] = [undefined, "admin"];

/** What changed less than this ago may still be in a queue. It is compared once more after a while. */
const RECENT_MS = 60_000;
const RECHECK_MS = 3000;

/** Compares the index with the lists of the store, by ids and revisions. */
export const checkIndex = async (
  maintained: Maintained,
  options: CheckOptions,
  only: string | undefined,
): Promise<IndexCheck> => {
  const { cluster, context } = maintained;
  const differences: IndexDifference[] = [];
  const generations = new Set<Generation>();
  let records = 0;
  for await (const { list, generation } of indexedLists(context, options)) {
    generations.add(generation);
    if (only !== undefined && list.parent?.uri !== only) continue;
    for await (const page of compareList(maintained, list, generation, options)) {
      records += page.records;
      differences.push(...page.differences);
      if (differences.length > MAX_DIFFERENCES) return { records, differences, isComplete: false };
    }
  }
  if (options.signal.aborted) return { records, differences, isComplete: false };
  if (only === undefined)
    for (const ended of await findEnded(maintained, generations)) {
      if (options.repair) await deleteByQuery(cluster, `${INDEX_PREFIX}*`, { term: { g: ended } }, ended.split(".")[0]);
      differences.push({ uri: ended, is: "ended", isRepaired: options.repair });
    }
  return { records, differences, isComplete: true };
};

interface ComparedPage {
  readonly records: number;
  readonly differences: readonly IndexDifference[];
}

/** Compares all records of a list with the index, and then all of the index with the list. */
async function* compareList(
  maintained: Maintained,
  list: ListRef,
  generation: Generation,
  options: CheckOptions,
): AsyncGenerator<ComparedPage> {
  const { context, indexes } = maintained;
  await indexes.ensure(typeOf(context, list));
  let after: ChangeCursor | undefined = { revision: 0 };
  while (after !== undefined && !options.signal.aborted) {
    const page: ChangesPage = await context.store.readChanges(list, {
      parentGeneration: generation,
      after,
      limit: RECORDS_PER_PAGE,
    });
    yield await compareRecords(maintained, list, generation, page, options);
    after = page.next;
  }
  for await (const ids of walkIndex(maintained, list, generation)) {
    if (options.signal.aborted) return;
    yield await compareDocuments(maintained, list, generation, ids, options);
  }
  if (options.repair) await advanceList(maintained, list, generation);
}

/** Moves the positions of a list that was repaired to its timestamp. */
const advanceList = async ({ cluster, context }: Maintained, list: ListRef, generation: Generation): Promise<void> => {
  for (const variant of VARIANTS) {
    const group = toGroup(generation, variant);
    for (let reached = -1; ; ) {
      const state = await readListState(context, list, generation);
      if (state === undefined) return;
      const target = toAlias(state.type);
      const [stored] = await readVersions(cluster, target, generation, [group]);
      if (stored === undefined && variant !== undefined) break;
      const position = await advanceGroup(cluster, context, { ...state, generation, group });
      if (position === reached || position === state.timestamp) break;
      reached = position;
    }
  }
};

const isRecent = (revision: number): boolean => Date.now() - revision < RECENT_MS;

/** Finds records that the index lacks, or has in an older revision. */
const compareRecords = async (
  { cluster, context }: Maintained,
  list: ListRef,
  generation: Generation,
  { changes }: ChangesPage,
  { documents, repair, onWrites }: CheckOptions,
): Promise<ComparedPage> => {
  const target = toAlias(typeOf(context, list));
  const collection = list.parent;
  const state = await readListState(context, list, generation);
  if (collection === null || state === undefined || changes.length === 0) return { records: 0, differences: [] };
  const writes = (
    await Promise.all(changes.map((change) => toWrites(change, { list, generation, collection, documents })))
  ).flat();
  const ids = writes.map(({ id, variant }) => toDocumentId(toGroup(generation, variant), id));
  const isBehind = (write: IndexWrite, version: number | undefined) =>
    // A tombstone is kept for a limited time. Until then, a deletion that the index lacks holds up its position.
    version === undefined
      ? write.document !== null || write.version > Date.now() - TOMBSTONE_RETENTION_MS
      : version < write.version;
  let versions = await readVersions(cluster, target, generation, ids);
  if (writes.some((write, n) => isBehind(write, versions[n]?.version) && isRecent(write.version))) {
    await sleep(RECHECK_MS);
    versions = await readVersions(cluster, target, generation, ids);
  }
  const behind = writes.flatMap((write, n) => {
    const version = versions[n]?.version;
    return isBehind(write, version) ? [{ write, documentId: ids[n] ?? "", isMissing: version === undefined }] : [];
  });
  let repaired: typeof versions = [];
  if (repair && behind.length > 0) {
    const repairs = behind.map(({ write }) => ({ ...write, replay: true }));
    await writeRepairs(cluster, target, generation, repairs, state.definition);
    onWrites(repairs.length);
    // OpenSearch remembers the version of what was deleted directly for a minute, and refuses older ones.
    const repairedIds = behind.map(({ documentId }) => documentId);
    repaired = await readVersions(cluster, target, generation, repairedIds);
  }
  const found = new Map<string, IndexDifference>();
  for (const [n, { write, isMissing }] of behind.entries()) {
    const { uri } = objectRef(list, write.id);
    const isRepaired = repair && !isBehind(write, repaired[n]?.version);
    found.set(uri, { uri, is: isMissing ? "missing" : "outdated", isRepaired });
  }
  return { records: changes.filter(({ deleted }) => !deleted).length, differences: [...found.values()] };
};

/** Finds documents of records that do not exist. */
const compareDocuments = async (
  { cluster, context }: Maintained,
  list: ListRef,
  generation: Generation,
  documents: readonly IndexedId[],
  { repair, onWrites }: CheckOptions,
): Promise<ComparedPage> => {
  const { heads } = await context.store.readHeads({ objects: documents.map(({ id }) => objectRef(list, id)) });
  const gone = documents.filter(({ id }) => {
    const head = heads.get(objectRef(list, id).uri);
    return head === undefined || head.deleted || head.parentGeneration !== generation;
  });
  const revisionOf = ({ id }: IndexedId) => heads.get(objectRef(list, id).uri)?.revision ?? 0;
  if (gone.some((one) => isRecent(revisionOf(one)))) await sleep(RECHECK_MS);
  const ids = gone.map(({ id, variant }) => toDocumentId(toGroup(generation, variant), id));
  const versions = ids.length === 0 ? [] : await readVersions(cluster, toAlias(typeOf(context, list)), generation, ids);
  // The index may have the deletion, and not show it yet.
  const deleted = gone.filter((one, n) => (versions[n]?.version ?? Number.POSITIVE_INFINITY) <= one.revision);
  if (repair && deleted.length > 0) {
    const writes = deleted.map(({ id, revision, variant }) => {
      const head = heads.get(objectRef(list, id).uri);
      const version = Math.max(revision, head?.parentGeneration === generation ? head.revision : 0);
      return { list: list.uri, index: generation, id, version, variant, document: null, replay: true };
    });
    const nothing = { language: "", nested: [], excluded: [] };
    await writeRepairs(cluster, toAlias(typeOf(context, list)), generation, writes, nothing);
    onWrites(writes.length);
  }
  return {
    records: 0,
    differences: deleted.map(({ id }) => ({ uri: objectRef(list, id).uri, is: "deleted", isRepaired: repair })),
  };
};

const writeRepairs = (
  cluster: Maintained["cluster"],
  target: string,
  generation: Generation,
  writes: readonly IndexWrite[],
  definition: Parameters<typeof writeInBulk>[0][number]["definition"],
): Promise<void> =>
  writeInBulk(
    writes.map((write) => ({ ...write, definition })),
    { toPlace: () => toPlace(cluster, target, generation), now: Date.now(), send: (lines) => sendBulk(cluster, lines) },
  );

interface IndexedId {
  readonly id: string;
  readonly revision: number;
  readonly variant: IndexVariant | undefined;
}

interface IndexPage {
  readonly hits: {
    readonly hits: readonly {
      readonly fields: { readonly id: readonly [string]; readonly r: readonly [number] };
      readonly sort: readonly Json[];
    }[];
  };
}

/** The documents that an index has of a generation, page by page in the order of ids. */
async function* walkIndex(
  { cluster: { call, isServerless }, context }: Maintained,
  list: ListRef,
  generation: Generation,
): AsyncGenerator<readonly IndexedId[]> {
  for (const variant of VARIANTS) {
    let after: readonly Json[] | undefined;
    do {
      const { hits }: IndexPage = await call<IndexPage>("POST", `/${toAlias(typeOf(context, list))}/_search`, {
        query: { ignore_unavailable: true, ...(!isServerless && { routing: generation }) },
        body: {
          size: RECORDS_PER_PAGE,
          query: { bool: { filter: [{ term: { g: toGroup(generation, variant) } }, { exists: { field: "id" } }] } },
          sort: [{ id: "asc" }],
          ...(after && { search_after: [...after] }),
          _source: false,
          track_total_hits: false,
          docvalue_fields: ["id", "r"],
        },
      });
      yield hits.hits.map(({ fields }) => ({ id: fields.id[0], revision: fields.r[0], variant }));
      after = hits.hits.length < RECORDS_PER_PAGE ? undefined : hits.hits.at(-1)?.sort;
    } while (after !== undefined);
  }
}

/** The groups of documents whose generations have ended, or are not indexed any more. */
const findEnded = async ({ cluster }: Maintained, generations: ReadonlySet<Generation>): Promise<readonly string[]> => {
  const { aggregations } = await cluster.call<{
    readonly aggregations?: { readonly groups: { readonly buckets: readonly { readonly key: string }[] } };
  }>("POST", `/${INDEX_PREFIX}*/_search`, {
    query: { ignore_unavailable: true },
    body: { size: 0, aggs: { groups: { terms: { field: "g", size: MAX_GENERATIONS } } } },
  });
  const groups = aggregations?.groups.buckets.map(({ key }) => key) ?? [];
  return groups.filter((group) => !generations.has(group.split(".")[0] ?? ""));
};
